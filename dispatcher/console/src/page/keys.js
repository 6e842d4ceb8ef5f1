// The keyboard, and the list of its keys.

import { fill, h } from './dom.js';
import { stepRoom, stepThread } from './rooms.js';
import { answerHere, stepMessage } from './thread.js';

const KEYS = [
  ['n', 'New request'],
  ['r', 'Answer in this thread'],
  ['j  k', 'Next, previous thread, message or file'],
  ['↑  ↓', 'The same'],
  ['Enter', 'Open what has the focus; send a message'],
  ['Esc', 'Close, cancel, back to the list'],
  ['[  ]', 'Previous, next channel'],
  ['g then c', 'Channels'],
  ['g then r', 'Runs'],
  ['g then p', 'Change requests'],
  ['o', 'The run of this thread'],
  ['Tab', 'From button to button'],
  ['?', 'These keys'],
];

/** Listens to the keyboard. `where()` says what is shown; `go(path)` goes there; `closeDrawer()` says whether there was one. */
export function keys({ where, go, closeDrawer, openRun }) {
  let chord = 0;
  addEventListener('help', showHelp);
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest?.('input, textarea, [contenteditable]');
    if (document.getElementById('dialog').open) return;
    if (event.key === 'Escape') {
      if (typing) typing.blur();
      else if (closeDrawer() || document.body.classList.contains('navigating')) document.body.classList.remove('navigating');
      else if (where().thread) {
        const link = document.querySelector('#list .threads a[aria-current]');
        if (matchMedia('(max-width: 759px)').matches) go(`/c/${encodeURIComponent(where().room)}`);
        else link?.focus();
      }
      return;
    }
    if (typing) return;
    const after_g = event.timeStamp - chord < 1500;
    chord = event.key === 'g' ? event.timeStamp : 0;
    const pages = { c: '/', r: '/runs', p: '/changes' };
    if (after_g && pages[event.key]) return done(event, () => go(pages[event.key]));
    const here = where();
    const acts = {
      n: () => go(`/c/${encodeURIComponent(here.room ?? '')}/new`),
      r: answerHere,
      j: () => step(event, 1), ArrowDown: () => step(event, 1),
      k: () => step(event, -1), ArrowUp: () => step(event, -1),
      '[': () => stepRoom(here, -1), ']': () => stepRoom(here, 1),
      o: openRun,
      '?': showHelp,
    };
    const act = acts[event.key];
    if (act) done(event, act);
  });
}

function done(event, act) {
  event.preventDefault();
  act();
}

/** Among messages if the keyboard is among them, else among whatever is listed. */
function step(event, by) {
  if (event.target.closest?.('.messages') && stepMessage(by)) return;
  const items = [...document.querySelectorAll('#main .steps > [tabindex], #main .steps a.step')].filter((it) => it.offsetParent);
  if (!items.length) return stepThread(by);
  const at = items.findIndex((item) => item.contains(document.activeElement));
  const next = items[Math.min(Math.max(at + by, 0), items.length - 1)];
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
}

function showHelp() {
  const box = document.getElementById('dialog');
  fill(box, h('div.help', null, h('h2', null, 'Keys'),
    h('dl', null, KEYS.map(([key, words]) => h('div', null, h('dt', null, key.split(/ {2}/).map((one, at) => [at ? ' ' : null, h('kbd', null, one)])), h('dd', null, words)))),
    h('h2', null, 'Words'),
    h('p', null, 'In a thread you can also write: ', ['help', 'status', 'why', 'plan', 'cost', 'approve', 'deny …', 'stop', 'retry', 'now: …', 'mute', 'verbose'].map((word, at) => [at ? ', ' : null, h('code', null, word)]), '.'),
    h('div.buttons', null, h('button.button.primary', { type: 'button', onclick: () => box.close() }, 'Close'))));
  box.showModal();
}
