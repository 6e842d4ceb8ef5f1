// What the page knows: rooms, threads, and the messages of threads that were opened.

import { ask, listen, path } from './api.js';

export const known = {
  me: null,
  people: [],
  rooms: [],
  /** By `room/root`. */
  threads: new Map(),
  /** By `room/root`: messages by id, in order; there only once the thread was opened. */
  messages: new Map(),
};

const watchers = new Set();

/** Calls `watcher(change)` for every change: `{ room }`, `{ thread, message, fresh }`, `{ connected }`, `{ all }`. */
export function watch(watcher) {
  watchers.add(watcher);
}

const tell = (change) => watchers.forEach((watcher) => watcher(change));
export const name = (room, root) => `${room}/${root}`;

/** Learns everything, then listens. */
export async function begin() {
  const n = await learn();
  listen(n, { heard, standing: (connected) => tell({ connected }), anew: () => location.reload() });
}

async function learn() {
  const { n, me, people, rooms, threads } = await ask('/api/overview');
  Object.assign(known, { me, people, rooms });
  known.threads = new Map(threads.map((thread) => [name(thread.room, thread.root), thread]));
  tell({ all: true });
  return n;
}

/** The messages of a thread; asked for once, kept current after. */
export async function open(room, root) {
  const whole = await ask(`/api/threads${path(room, root)}`);
  const at = name(room, root);
  const before = known.messages.get(at) ?? new Map();
  const messages = new Map();
  for (const message of whole.messages) {
    const newer = before.get(message.id);
    messages.set(message.id, newer && newer.n > message.n ? newer : message);
  }
  for (const [id, message] of before) if (!messages.has(id)) messages.set(id, message);
  known.messages.set(at, messages);
  known.threads.set(at, whole.thread);
  return messages;
}

/** The threads of a room, newest first. */
export function threadsOf(room) {
  return [...known.threads.values()].filter((thread) => thread.room === room).sort((a, b) => b.last - a.last);
}

/** The run that a thread is about, and since when it is worked: nothing once it is over. */
export function since(messages, run) {
  let from = null;
  for (const message of messages.values()) {
    if (message.run !== run) continue;
    if (message.kind === 'closing') return null;
    if (message.kind === 'status') from = message.at;
  }
  return from;
}

function heard({ room, thread, message }) {
  if (room) {
    const at = known.rooms.findIndex((other) => other.id === room.id);
    if (at < 0) known.rooms.push(room);
    else known.rooms[at] = room;
    tell({ room });
  }
  if (!message) return;
  const at = name(message.room, message.root);
  if (thread) known.threads.set(at, thread);
  const messages = known.messages.get(at);
  const before = messages?.get(message.id);
  // An older state never takes the place of a newer one, whatever the network did.
  if (!before || before.n < message.n) messages?.set(message.id, message);
  tell({ thread, message, fresh: !before, before });
}
