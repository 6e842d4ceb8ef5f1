// Elements, made of text and of other elements. Nothing in this page turns text into markup.

/**
 * `h('button.primary', { onclick, 'aria-label': '…' }, 'Stop')`. A property that is a function is a listener, one that
 * is null, undefined or false is left out; a child that is a string is text.
 */
export function h(what, properties, ...children) {
  const [tag, ...classes] = what.split('.');
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(' ');
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(element, child);
    else element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Puts `children` in place of what `element` holds, and leaves the keyboard where it was. */
export function fill(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  element.replaceChildren();
  add(element, children);
  if (focused) element.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

/** Puts `fresh` in the place of `old`, and leaves the keyboard where it was. */
export function swap(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  old.replaceWith(fresh);
  if (focused) fresh.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

/** Says something to those who listen instead of looking. */
export function announce(words) {
  document.getElementById('live').textContent = words;
}

/** A link inside this page; `app.js` follows it without loading anything. */
export function to(path, properties, ...children) {
  return h('a', { href: path, ...properties }, ...children);
}

/** A link to a checked address: inside this page, or to another host, which is shown. */
export function leave({ url, host }, label, className = '') {
  const address = new URL(url, location.href);
  if (address.origin === location.origin) return to(address.pathname, { class: className }, label);
  return h('a', { href: url, class: className, target: '_blank', rel: 'noopener noreferrer' },
    label, ' ', h('span.host', null, host), h('span.unseen', null, ' (opens another site)'));
}

/** A glyph for how something stands: never colour alone. */
export function glyph(state) {
  const shapes = {
    seen: '◌', pending: '', working: '', waiting: '?', done: '✓', failed: '✕', stopped: '■', skipped: '–', passed: '↪', open: '',
  };
  return h(`span.glyph.${state}`, { 'aria-hidden': 'true' }, shapes[state] ?? '');
}

/** A line of quiet words where there is nothing. */
export function nothing(title, ...words) {
  return h('div.nothing', null, h('h2', null, title), ...words);
}
