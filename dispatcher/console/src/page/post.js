// What Signalbox says: lines, the checklist, buttons, small print.

import { glyph, h, leave } from './dom.js';
import { prose } from './prose.js';

/** Words longer than this are folded; nothing is cut. */
const FOLD = 1400;

/** A post's parts. `press(button)` is called for a button that does something. */
export function post(view, { press, busy = [] } = {}) {
  const parts = [];
  for (const line of view.lines) {
    const last = parts.at(-1);
    if (line.line === 'phase') {
      if (last?.className !== 'phases') parts.push(h('ul.phases', null));
      parts.at(-1).append(phase(line));
    } else if (line.line === 'quote') {
      parts.push(quote(line.text));
    } else {
      parts.push(h('p.line', null, spans(line.spans)));
    }
  }
  if (view.buttons.length) parts.push(h('div.buttons', null, view.buttons.map((it) => button(it, press, busy))));
  if (view.footer.length) parts.push(h('p.footer', null, spans(view.footer)));
  return parts;
}

/** Spans as elements. */
export function spans(list) {
  return list.map((span) => {
    switch (span.span) {
      case 'strong': return h('strong', null, span.text);
      case 'code': return h('code', null, span.text);
      case 'untrusted': return h('bdi.theirs', null, span.text);
      case 'link': return leave(span, span.text);
      // Our own words name what can be typed like `this`.
      default: return span.text.split(/`([^`\n]+)`/).map((part, at) => (at % 2 ? h('code', null, part) : part));
    }
  });
}

function phase({ label, stage, words, note }) {
  const said = note.length ? spans(note) : words;
  return h(`li.phase.${stage}`, null, glyph(stage), h('span.label', null, label),
    h('span.note', null, h('span.unseen', null, `${words}: `), said));
}

function quote(text) {
  const words = prose(text);
  if (text.length <= FOLD) return h('blockquote.quote', null, words);
  const size = text.length > 10_000 ? `${Math.round(text.length / 1000)} kB` : `${text.length} characters`;
  const folded = h('blockquote.quote.folded', null, words);
  const unfold = h('button.link', { type: 'button', onclick: () => {
    folded.classList.toggle('folded');
    unfold.textContent = folded.classList.contains('folded') ? `Show all of it (${size})` : 'Show less';
  } }, `Show all of it (${size})`);
  return h('div', null, folded, unfold);
}

function button(view, press, busy) {
  const { label, key, action, link } = view;
  if (action.action === 'view') {
    return link ? leave(link, label, 'button primary') : h('span.small', null, `${label}: no address that can be opened`);
  }
  const under_way = busy.includes(key);
  const look = { approve: '.primary', retry: '.primary', stop: '.danger', deny: '.danger' }[action.action] ?? '';
  return h(`button.button${look}`, {
    type: 'button', 'data-key': key, 'aria-disabled': under_way ? 'true' : null, disabled: !press,
    onclick: () => { if (!under_way) press?.(view); },
  }, under_way ? `${label} …` : label);
}
