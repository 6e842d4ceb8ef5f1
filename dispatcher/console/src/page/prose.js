// Somebody's words, set in type: paragraphs, lists, code, headings, emphasis. Links and images stay as they were
// written, so that nothing leads elsewhere than it says and nothing is fetched by being read.

import { h } from './dom.js';

/** The words as elements. */
export function prose(text) {
  const blocks = [];
  const lines = text.replace(/<!--[\s\S]*?-->/g, '').split('\n');
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    const fence = /^\s*(```+|~~~+)/.exec(line);
    if (fence) {
      const code = [];
      for (at++; at < lines.length && !lines[at].trim().startsWith(fence[1]); at++) code.push(lines[at]);
      at++;
      blocks.push(h('pre', null, h('code', null, code.join('\n'))));
    } else if (!line.trim()) {
      at++;
    } else if (/^#{1,6}\s/.test(line)) {
      blocks.push(h('p.heading', null, inline(line.replace(/^#+\s+/, ''))));
      at++;
    } else if (/^\s*>/.test(line)) {
      const quoted = [];
      for (; at < lines.length && /^\s*>/.test(lines[at]); at++) quoted.push(lines[at].replace(/^\s*> ?/, ''));
      blocks.push(h('blockquote', null, ...prose(quoted.join('\n')).childNodes));
    } else if (/^\s*([-*+•]|\d+[.)])\s/.test(line)) {
      const ordered = /^\s*\d/.test(line);
      const items = [];
      for (; at < lines.length && /^\s*([-*+•]|\d+[.)])\s/.test(lines[at]); at++) {
        items.push(h('li', null, inline(lines[at].replace(/^\s*([-*+•]|\d+[.)])\s+/, ''))));
      }
      blocks.push(h(ordered ? 'ol' : 'ul', null, items));
    } else {
      const words = [];
      for (; at < lines.length && lines[at].trim() && !/^(\s*(```|~~~|>|[-*+•]\s|\d+[.)]\s)|#{1,6}\s)/.test(lines[at]); at++) {
        words.push(lines[at]);
      }
      // A line that looks like the start of something and is not still is a line.
      if (!words.length) words.push(lines[at++]);
      blocks.push(h('p', null, inline(words.join('\n'))));
    }
  }
  return h('div.prose', null, blocks);
}

/** `code` and **emphasis**; everything else as it was written. */
function inline(text) {
  return text.split(/(`[^`\n]+`|\*\*[^*\n]+\*\*)/).map((part) => {
    if (part.length > 2 && part.startsWith('`')) return h('code', null, part.slice(1, -1));
    if (part.length > 4 && part.startsWith('**')) return h('strong', null, part.slice(2, -2));
    return part;
  });
}
