// A thread: what was said, what is being done, what can be pressed, and a place to answer.

import { ask, key, path } from './api.js';
import { announce, fill, glyph, h, nothing, swap, to } from './dom.js';
import { known, name, open, since } from './store.js';
import { post } from './post.js';
import { moment, running } from './time.js';

const EXAMPLES = ['the pricing page says $9, it should say $12', 'why does the sign-up form ask for a phone number?'];
/** What was typed and not sent, by place. */
const drafts = new Map();
/** What is open in a message, by its id: `{ kind: 'edit' | 'deny' | 'delete', text, button }`. */
const opened = new Map();
let shown = null;

/** Shows a thread in `main`. */
export async function showThread(main, room, root, { openRun }) {
  const scroller = h('div.messages', { role: 'log', 'aria-live': 'off', 'aria-label': 'Conversation', tabindex: '0' });
  shown = { room, root, scroller, openRun, elements: new Map() };
  const mine = shown;
  fill(main, header(), scroller, composer(room, root));
  const messages = known.messages.get(name(room, root)) ?? (await open(room, root));
  if (shown !== mine) return;
  fill(main, header(), scroller, composer(room, root));
  for (const message of messages.values()) put(message);
  scroller.scrollTop = scroller.scrollHeight;
}

/** Shows where a new thread begins. */
export function showNew(main, room) {
  shown = null;
  const about = known.rooms.find((other) => other.id === room);
  const box = composer(room, null);
  const example = (words) => h('button.example', { type: 'button', onclick: () => {
    const input = box.querySelector('textarea');
    input.value = words;
    input.dispatchEvent(new Event('input'));
    input.focus();
  } }, words);
  fill(main,
    h('header.bar', null, to(path('c', room), { class: 'back', 'aria-label': 'Back to the threads' }, '‹'),
      h('h1', null, 'New request'), h('span.soft', null, `in #${about?.name ?? room}`)),
    h('div.welcome', null,
      h('h2', null, 'What should change?'),
      h('p', null, 'Say it in a sentence, as you would to a colleague. Signalbox plans, builds, checks and reviews it, then opens a change request for you to look at. Or ask a question: nothing is changed then.'),
      box,
      h('p.soft.small', null, 'For example:'),
      h('div.examples', null, EXAMPLES.map(example)),
      about && !about.topic.includes('repo:')
        ? h('p.hint', null, 'Which repository is decided by what you write (', h('code', null, 'repo:owner/name'), '), or by the channel’s topic; if neither says, you are asked.')
        : h('p.hint', null, 'This channel works on ', h('code', null, about?.topic ?? ''), '.')));
  if (matchMedia('(min-width: 760px)').matches) box.querySelector('textarea').focus();
}

/** Takes a change in. */
export function threadHeard({ message, fresh, before }) {
  if (!shown || message.room !== shown.room || message.root !== shown.root) return;
  const { scroller } = shown;
  const low = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 120;
  put(message);
  refreshHeader();
  if (low || (fresh && message.mine)) scroller.scrollTop = scroller.scrollHeight;
  const words = news(message, fresh, before);
  if (words) announce(words);
}

/** Goes to the message after (or before) the one that has the keyboard. */
export function stepMessage(by) {
  if (!shown) return false;
  const all = [...shown.scroller.children];
  const at = all.findIndex((element) => element.contains(document.activeElement));
  const next = all[at < 0 ? all.length - 1 : Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.focus();
  return Boolean(next);
}

/** Puts the keyboard where an answer is written. */
export function answerHere() {
  document.querySelector('#main textarea')?.focus();
}

function news(message, fresh, before) {
  const working = (it) => it?.post?.lines.find((line) => line.line === 'phase' && ['working', 'waiting'].includes(line.stage));
  if (message.by.us && fresh && message.kind !== 'status') {
    return `Signalbox: ${plain(message)}`;
  }
  const [now, then] = [working(message), working(before)];
  if (now && (now.label !== then?.label || now.stage !== then?.stage)) return `${now.label}: ${now.words}`;
  if (message.mark && message.mark.mark !== before?.mark?.mark) return `The request is ${message.mark.words}`;
  return null;
}

function plain(message) {
  const texts = message.post.lines.flatMap((line) => line.spans ?? (line.text ? [line] : []));
  return texts.map((part) => part.text).join(' ').slice(0, 300);
}

function header() {
  const { room, root } = shown;
  const thread = known.threads.get(name(room, root));
  const about = known.rooms.find((other) => other.id === room);
  return h('header.bar.thread-bar', null,
    to(path('c', room), { class: 'back', 'aria-label': 'Back to the threads' }, '‹'),
    h('div.grow', null,
      h('h1.title', null, thread?.title || 'Thread'),
      h('span.soft.small', null, `#${about?.name ?? room}`, about?.topic ? ` · ${about.topic}` : '')),
    state(thread),
    thread?.run && h('button.button.quiet', { type: 'button', 'data-key': 'run', onclick: () => shown.openRun(thread.run) }, 'Run'));
}

function state(thread) {
  if (!thread?.mark) return null;
  const from = thread.run && since(known.messages.get(name(thread.room, thread.root)) ?? new Map(), thread.run);
  const live = from && ['working', 'waiting', 'seen'].includes(thread.mark.mark);
  return h(`span.pill.${thread.mark.mark}`, null, glyph(thread.mark.mark), thread.mark.words, live ? [' · ', running(from)] : null);
}

function refreshHeader() {
  const old = document.querySelector('.thread-bar');
  if (old) swap(old, header());
}

function put(message) {
  const old = shown.elements.get(message.id);
  const fresh = element(message);
  shown.elements.set(message.id, fresh);
  if (old) swap(old, fresh);
  else shown.scroller.append(fresh);
}

function element(message) {
  const { by, kind, mine, deleted, mark } = message;
  const outcome = kind === 'closing' ? ending(message) : '';
  const box = h(`article.message.${kind}${by.us ? '.ours' : ''}${outcome}`, { tabindex: '-1', 'data-key': `message-${message.id}`, 'aria-label': `${by.name}` },
    h('div.avatar', { 'aria-hidden': 'true' }, by.us ? h('img', { src: '/assets/icon.svg', alt: '', width: 20, height: 20 }) : by.name.slice(0, 1).toUpperCase()),
    h('div.body', null,
      h('div.who', null, h('span.name', null, by.name), moment(message.at), tags(message)),
      deleted ? h('p.gone', null, 'This message was deleted.') : content(message),
      mark && h(`span.mark.${mark.mark}`, { title: `Signalbox: ${mark.words}` }, h('span', { 'aria-hidden': 'true' }, mark.emoji), ' ', mark.words),
      delivery(message)));
  if (mine && !deleted && !opened.has(message.id)) box.append(tools(message));
  return box;
}

function tags({ kind, edited, post }) {
  if (kind === 'whisper') return h('span.tag', null, 'only you can see this');
  if (edited) return h('span.soft.small', null, 'edited');
  if (kind === 'gate' && post.buttons.length) return h('span.tag.waiting', null, 'needs a decision');
  if (kind === 'question' && post.buttons.length) return h('span.tag.waiting', null, 'needs an answer');
  return null;
}

function ending({ room, root }) {
  const mark = known.threads.get(name(room, root))?.mark?.mark;
  return mark === 'failed' ? '.bad' : mark === 'stopped' || mark === 'waiting' ? '.halted' : '.good';
}

function content(message) {
  const open = opened.get(message.id);
  if (open?.kind === 'edit') return editor(message, open);
  if (message.text !== null) return h('p.text', null, message.text, open?.kind === 'delete' ? confirm(message) : null);
  const parts = post(message.post, { busy: message.busy, press: (button) => press(message, button) });
  if (open?.kind === 'deny') parts.push(denial(message, open));
  return h('div.words', null, parts);
}

function delivery({ delivery, at }) {
  if (delivery.state === 'retrying') return h('p.trouble', { title: delivery.why }, 'Not delivered yet, retrying. It is kept, and nothing is lost.');
  if (delivery.state === 'declined') return h('p.trouble', null, `Not accepted: ${delivery.why}`);
  if (delivery.state === 'sending' && Date.now() - at > 3000) return h('p.soft.small', null, 'Sending …');
  return null;
}

function tools(message) {
  const set = (kind) => () => {
    opened.set(message.id, { kind, text: message.text });
    put(message);
    shown.elements.get(message.id).querySelector('textarea, .confirm button')?.focus();
  };
  const live = message.mark && ['seen', 'working', 'waiting', 'passed'].includes(message.mark.mark);
  return h('div.tools', null,
    live && h('button', { type: 'button', title: 'Stop the run', 'data-key': 'stop', onclick: () => send(message, { action: 'stop' }) }, '❌ Stop'),
    h('button', { type: 'button', 'data-key': 'edit', onclick: set('edit') }, 'Edit'),
    h('button', { type: 'button', 'data-key': 'delete', onclick: set('delete') }, 'Delete'));
}

function close(message) {
  opened.delete(message.id);
  put(known.messages.get(name(message.room, message.root)).get(message.id));
  shown.elements.get(message.id).focus();
}

function editor(message, open) {
  const input = h('textarea', { 'aria-label': 'Change your message', 'data-key': 'editor', rows: 2, value: open.text,
    oninput: () => { open.text = input.value; grow(input); } });
  const save = attempt(async () => {
    await ask(`/api/messages${path(message.room, message.id)}`, { method: 'PUT', body: { text: input.value } });
    close(message);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); save(); }
    if (event.key === 'Escape') { event.stopPropagation(); close(message); }
  });
  requestAnimationFrame(() => grow(input));
  return h('div.editor', null, input, h('div.buttons', null,
    h('button.button.primary', { type: 'button', onclick: save }, 'Save'),
    h('button.button', { type: 'button', onclick: () => close(message) }, 'Cancel')));
}

function confirm(message) {
  const remove = attempt(async () => {
    await ask(`/api/messages${path(message.room, message.id)}`, { method: 'DELETE' });
    close(message);
  });
  return h('span.confirm', null, 'Delete this message? A run it started is stopped.', h('span.buttons', null,
    h('button.button.danger', { type: 'button', onclick: remove }, 'Delete'),
    h('button.button', { type: 'button', onclick: () => close(message) }, 'Keep it')));
}

function denial(message, open) {
  const input = h('textarea', { 'aria-label': 'Why not?', 'data-key': 'reason', rows: 2, value: open.text,
    placeholder: 'Why not, and what should be different? (goes to the agent; may be empty)',
    oninput: () => { open.text = input.value; grow(input); } });
  const deny = () => {
    opened.delete(message.id);
    send(message, { ...open.button.action, reason: input.value.trim() });
  };
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); deny(); }
    if (event.key === 'Escape') { event.stopPropagation(); close(message); }
  });
  return h('div.editor', null, input, h('div.buttons', null,
    h('button.button.danger', { type: 'button', onclick: deny }, 'Deny'),
    h('button.button', { type: 'button', onclick: () => close(message) }, 'Cancel')));
}

function press(message, button) {
  if (button.action.action !== 'deny') return send(message, button.action);
  opened.set(message.id, { kind: 'deny', text: '', button });
  put(message);
  const box = shown.elements.get(message.id).querySelector('.editor');
  box.querySelector('textarea').focus();
  box.scrollIntoView({ block: 'nearest' });
}

/** Presses that are so new that another one is a double click. */
const fresh = new Set();

const send = attempt(async (message, action) => {
  const press = `${message.room}/${message.id}/${action.action}`;
  if (fresh.has(press)) return;
  fresh.add(press);
  setTimeout(() => fresh.delete(press), 1000);
  await ask(`/api/messages${path(message.room, message.id)}/press`, { method: 'POST', body: { action } });
});

/** The same, with trouble told. */
function attempt(doing) {
  return async (...given) => {
    try { await doing(...given); } catch (error) { toast(error.message); }
  };
}

/** Tells of trouble, for a while. */
export function toast(words) {
  document.querySelector('.toast')?.remove();
  const box = h('div.toast', { role: 'alert' }, words);
  document.body.append(box);
  setTimeout(() => box.remove(), 6000);
}

function composer(room, root) {
  const place = name(room, root ?? '');
  const draft = drafts.get(place) ?? { text: '', key: key() };
  drafts.set(place, draft);
  const label = root ? 'Answer, or add something' : 'Describe a change, or ask a question';
  const input = h('textarea', { rows: root ? 1 : 3, 'aria-label': label, placeholder: `${label} …`, 'data-key': 'composer', value: draft.text, maxlength: 16000,
    oninput: () => { draft.text = input.value; grow(input); } });
  const submit = attempt(async () => {
    const text = input.value.trim();
    if (!text) return;
    input.readOnly = true;
    try {
      const where = root ? `/api/threads${path(room, root)}/messages` : `/api/rooms${path(room)}/messages`;
      const kept = await ask(where, { method: 'POST', body: { text, key: draft.key } });
      drafts.delete(place);
      Object.assign(draft, { text: '', key: key() });
      drafts.set(place, draft);
      input.value = '';
      grow(input);
      if (!root) dispatchEvent(new CustomEvent('go', { detail: path('c', room, kept.root) }));
    } finally {
      input.readOnly = false;
    }
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
  });
  requestAnimationFrame(() => grow(input));
  return h('form.composer', { onsubmit: (event) => { event.preventDefault(); submit(); } },
    h('div.field', null, h('span.chip', { 'aria-hidden': 'true' }, '@signalbox'), input,
      h('button.send', { type: 'submit', 'aria-label': 'Send' }, '↑')),
    h('p.keys.soft.small', null, h('kbd', null, 'Enter'), ' sends · ', h('kbd', null, 'Shift Enter'), ' new line · ', h('kbd', null, '?'), ' keys'));
}

function grow(input) {
  input.style.height = 'auto';
  input.style.height = `${Math.min(input.scrollHeight, 240)}px`;
}
