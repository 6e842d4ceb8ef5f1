// What the page asks for, and what it is told.

/** Asks; what comes back, or an `Error` in words for a person. */
export async function ask(path, { method = 'GET', body } = {}) {
  const request = { method, headers: {} };
  if (body !== undefined) {
    request.headers['content-type'] = 'application/json';
    request.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw new Error('Signalbox did not answer. Is it running?');
  }
  if (answer.status === 401) location.reload();
  const words = await answer.json().catch(() => ({ error: `Signalbox answered ${answer.status}.` }));
  if (!answer.ok) throw new Error(sentence(words.error ?? `Signalbox answered ${answer.status}.`));
  return words;
}

/** Path parts, each made safe. */
export const path = (...parts) => '/' + parts.map(encodeURIComponent).join('/');

/** A name for one thing a person did, so that sending it twice is doing it once. */
export function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Listens from after the update `n` on, for ever: a lost connection goes on where it ended, so nothing is missed.
 * `heard(update)`, `standing(connected)`, `anew()` when what was seen is not what there is.
 */
export function listen(n, { heard, standing, anew }) {
  let last = n;
  const open = () => {
    const source = new EventSource(`/api/stream?after=${last}`);
    source.addEventListener('hello', () => standing(true));
    source.addEventListener('reset', () => anew());
    source.addEventListener('update', (event) => {
      last = Number(event.lastEventId);
      heard(JSON.parse(event.data));
    });
    source.onerror = () => {
      standing(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 2000);
    };
  };
  open();
}

function sentence(words) {
  const text = words.trim();
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? '' : '.');
}
