// The way around: channels, pages, and the threads of a channel.

import { ask, path } from './api.js';
import { fill, glyph, h, nothing, to } from './dom.js';
import { known, name, threadsOf } from './store.js';
import { toast } from './thread.js';
import { moment } from './time.js';

/** The channels and pages. */
export function showNav(nav, here) {
  const waits = (room) => threadsOf(room).filter((thread) => thread.mark?.mark === 'waiting').length;
  const entry = (href, on, ...children) => h('li', null, to(href, { 'aria-current': on ? 'page' : null, 'data-key': `nav-${href}` }, ...children));
  fill(nav,
    to('/', { class: 'brand', 'data-key': 'brand' }, h('img', { src: '/assets/icon.svg', alt: '', width: 26, height: 26 }), 'Signalbox'),
    h('h2', null, 'Channels', h('button.plus', { type: 'button', 'aria-label': 'Make a channel', 'data-key': 'plus', onclick: makeRoom }, '+')),
    h('ul', null, known.rooms.map((room) => {
      const count = waits(room.id);
      return entry(path('c', room.id), here.room === room.id, h('span.hash', null, '#'), h('span.grow', null, room.name),
        count ? h('span.count', { 'aria-label': `${count} need you` }, count) : null);
    })),
    h('h2', null, 'Work'),
    h('ul', null,
      entry('/runs', here.page === 'runs', h('span.hash', null, '▸'), 'Runs'),
      entry('/changes', here.page === 'changes', h('span.hash', null, '±'), 'Change requests')),
    h('div.foot', null,
      h('span.me', null, known.me?.name ?? '', h('span.soft', null, ` · ${known.me?.role ?? ''}`)),
      h('button.link', { type: 'button', 'data-key': 'help', onclick: () => dispatchEvent(new CustomEvent('help')) }, 'Keys ', h('kbd', null, '?'))));
}

/** The threads of a channel. */
export function showList(list, room, root) {
  const about = known.rooms.find((other) => other.id === room);
  if (!about) return fill(list, nothing('There is no such channel', to('/', null, 'Go back')));
  const threads = threadsOf(room);
  fill(list,
    h('header.bar', null,
      h('button.menu', { type: 'button', 'aria-label': 'Channels and pages', 'data-key': 'menu', onclick: () => document.body.classList.toggle('navigating') }, '☰'),
      h('div.grow', null, h('h1', null, '#', about.name),
        h('button.topic', { type: 'button', 'data-key': 'topic', title: 'Change the topic', onclick: () => changeTopic(about) },
          about.topic || 'Set a topic, for example repo:owner/name')),
      to(path('c', room, 'new'), { class: 'button primary', 'data-key': 'new' }, 'New')),
    threads.length
      ? h('ul.threads', null, threads.map((thread) => item(thread, thread.root === root)))
      : nothing('Nothing asked here yet', h('p', null, 'Describe a change in a sentence, or ask a question. It starts a thread, and everything about it stays there.'),
        to(path('c', room, 'new'), { class: 'button primary' }, 'New request')));
}

/** Goes to the thread after (or before) the one that is open or has the keyboard. */
export function stepThread(by) {
  const all = [...document.querySelectorAll('#list .threads a')];
  if (!all.length) return;
  let at = all.indexOf(document.activeElement);
  if (at < 0) at = all.findIndex((link) => link.getAttribute('aria-current'));
  all[Math.min(Math.max(at < 0 ? 0 : at + by, 0), all.length - 1)].focus();
}

/** Goes to the channel after (or before) this one. */
export function stepRoom(here, by) {
  const at = known.rooms.findIndex((room) => room.id === here.room);
  const next = known.rooms[(at + by + known.rooms.length) % known.rooms.length];
  if (next) dispatchEvent(new CustomEvent('go', { detail: path('c', next.id) }));
}

function item(thread, on) {
  const state = thread.mark?.mark ?? 'seen';
  const replies = thread.replies === 1 ? '1 reply' : `${thread.replies} replies`;
  return h('li', null, to(path('c', thread.room, thread.root), { 'aria-current': on ? 'true' : null, 'data-key': `thread-${name(thread.room, thread.root)}`, class: state },
    glyph(thread.mark ? state : 'pending'),
    h('div.grow', null,
      h('span.title', null, thread.title || '(empty)'),
      h('span.meta', null, h('span.state', null, thread.mark?.words ?? 'sent'), ` · ${thread.by} · ${replies} · `, moment(thread.last)))));
}

/** Asks for a line or two in a dialog. */
function dialog(title, fields, done) {
  const box = document.getElementById('dialog');
  const inputs = fields.map(({ label, value, hint }) => {
    const input = h('input', { value: value ?? '', placeholder: hint ?? '', maxlength: 250, autocomplete: 'off' });
    return [h('label', null, label, input), input];
  });
  const submit = async (event) => {
    event.preventDefault();
    try {
      await done(...inputs.map(([, input]) => input.value));
      box.close();
    } catch (error) {
      toast(error.message);
    }
  };
  fill(box, h('form', { onsubmit: submit }, h('h2', null, title), inputs.map(([label]) => label),
    h('div.buttons', null, h('button.button.primary', { type: 'submit' }, 'Save'),
      h('button.button', { type: 'button', onclick: () => box.close() }, 'Cancel'))));
  box.showModal();
  inputs[0][1].focus();
}

function makeRoom() {
  const fields = [{ label: 'Name', hint: 'website' }, { label: 'Topic', hint: 'repo:owner/name — where requests go by default' }];
  dialog('New channel', fields, async (name, topic) => {
    const { id } = await ask('/api/rooms', { method: 'POST', body: { name, topic } });
    dispatchEvent(new CustomEvent('go', { detail: path('c', id) }));
  });
}

function changeTopic(room) {
  const fields = [{ label: 'Topic', value: room.topic, hint: 'repo:owner/name — where requests go by default' }];
  dialog(`Topic of #${room.name}`, fields, (topic) => ask(`/api/rooms${path(room.id)}`, { method: 'PUT', body: { topic } }));
}
