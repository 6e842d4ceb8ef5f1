// The page: what is shown at which address, and what happens when something changes.

import { announce, fill, h, nothing } from './dom.js';
import { showChange, showChanges } from './changes.js';
import { keys } from './keys.js';
import { showList, showNav } from './rooms.js';
import { runHeard, showRun, showRuns } from './runs.js';
import { begin, known, name, watch } from './store.js';
import { showNew, showThread, threadHeard, toast } from './thread.js';

const at = (id) => document.getElementById(id);
let here = {};

/** What an address shows. */
function read(pathname) {
  const [page, ...rest] = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  if (page === 'runs') return { page: 'runs', run: rest[0] };
  if (page === 'changes') return { page: 'changes', change: rest.length > 2 ? rest : null };
  const room = page === 'c' && rest[0] ? rest[0] : known.rooms[0]?.id;
  return { page: 'chat', room, thread: rest[1] };
}

function show() {
  const { pathname } = location;
  here = read(pathname);
  document.body.classList.remove('navigating');
  closeDrawer();
  // Which pane a narrow screen shows.
  const deep = here.page !== 'chat' || here.thread;
  document.body.dataset.page = here.page;
  document.body.dataset.pane = deep ? 'main' : 'list';
  showNav(at('nav'), here);
  const main = at('main');
  const work = {
    runs: () => (here.run ? showRun(main, here.run) : showRuns(main)),
    changes: () => (here.change ? showChange(main, ...here.change) : showChanges(main)),
    chat: () => {
      showList(at('list'), here.room, here.thread);
      if (!here.thread || here.thread === 'new') return showNew(main, here.room);
      return showThread(main, here.room, here.thread, { openRun: openDrawer });
    },
  }[here.page];
  Promise.resolve(work()).catch((error) => fill(main, nothing('That did not work', h('p', null, error.message))));
  title();
}

function go(path) {
  if (path !== location.pathname) history.pushState(null, '', path);
  show();
}

function title() {
  const waiting = [...known.threads.values()].filter((thread) => thread.mark?.mark === 'waiting').length;
  const what = here.thread ? known.threads.get(name(here.room, here.thread))?.title : { runs: 'Runs', changes: 'Change requests' }[here.page];
  document.title = `${waiting ? `(${waiting}) ` : ''}${what ? `${what} · ` : ''}Signalbox`;
}

let returnTo = null;
function openDrawer(run) {
  returnTo = document.activeElement;
  const drawer = at('drawer');
  drawer.hidden = false;
  showRun(drawer, run, { close: closeDrawer }).catch((error) => { closeDrawer(); toast(error.message); });
}

function closeDrawer() {
  const drawer = at('drawer');
  if (drawer.hidden) return false;
  drawer.hidden = true;
  drawer.replaceChildren();
  if (returnTo?.isConnected && returnTo !== document.body) returnTo.focus();
  else document.querySelector('[data-key="run"]')?.focus();
  return true;
}

let lost = null;
function standing(connected) {
  const banner = at('banner');
  if (connected) {
    clearTimeout(lost);
    lost = null;
    if (!banner.hidden) announce('Connected again');
    banner.hidden = true;
    return;
  }
  // A blink is not worth a word.
  lost ??= setTimeout(() => {
    fill(banner, 'Connection lost — trying again. What you typed is kept, and runs go on.');
    banner.hidden = false;
  }, 1200);
}

watch((change) => {
  if ('connected' in change) return standing(change.connected);
  showNav(at('nav'), here);
  if (here.page === 'chat') showList(at('list'), here.room, here.thread);
  if (change.message) {
    threadHeard(change);
    runHeard(change.message.run);
    title();
  }
});

addEventListener('popstate', show);
addEventListener('go', (event) => go(event.detail));
addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href^="/"]');
  if (link && !link.target && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    go(link.getAttribute('href'));
  } else if (document.body.classList.contains('navigating') && !event.target.closest?.('#nav, .menu')) {
    document.body.classList.remove('navigating');
  }
});
keys({ where: () => here, go, closeDrawer, openRun: () => {
  const run = here.thread && known.threads.get(name(here.room, here.thread))?.run;
  if (run) openDrawer(run);
} });

begin().then(show).catch((error) => fill(at('main'), nothing('Signalbox cannot be reached', h('p', null, error.message), h('button.button', { type: 'button', onclick: () => location.reload() }, 'Try again'))));
