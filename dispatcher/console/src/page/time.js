// Time in words, and clocks that run.

import { h } from './dom.js';

/** `41 s`, `2 min 10 s`, `3 h 5 min`. */
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return `${seconds} s`;
}

/** `now`, `5 min`, `14:02`, `3 Mar`. */
export function ago(at) {
  const past = Date.now() - at;
  if (past < 60_000) return 'now';
  if (past < 3_600_000) return `${Math.floor(past / 60_000)} min`;
  const [then, today] = [new Date(at), new Date()];
  if (then.toDateString() === today.toDateString()) {
    return then.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  }
  return then.toLocaleDateString([], { day: 'numeric', month: 'short' });
}

/** A moment, with all of it on hover. */
export function moment(at) {
  const then = new Date(at);
  return h('time', { datetime: then.toISOString(), title: then.toLocaleString(), 'data-ago': at }, ago(at));
}

/** A clock that runs from `since`. */
export function running(since) {
  return h('span.clock', { 'data-since': since }, span(Date.now() - since));
}

setInterval(() => {
  for (const clock of document.querySelectorAll('[data-since]')) {
    clock.textContent = span(Date.now() - Number(clock.dataset.since));
  }
}, 1000);

setInterval(() => {
  for (const time of document.querySelectorAll('[data-ago]')) time.textContent = ago(Number(time.dataset.ago));
}, 20_000);
