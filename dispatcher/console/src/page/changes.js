// Change requests: the list, and one with its description, checks and diff.

import { ask, path } from './api.js';
import { fill, glyph, h, nothing, to } from './dom.js';
import { prose } from './prose.js';
import { checks, menu } from './runs.js';
import { toast } from './thread.js';
import { moment } from './time.js';

/** A file with more lines than this is folded at first. */
const FOLD_ROWS = 400;
const LOOK = { open: 'open', merged: 'done', closed: 'stopped' };

/** The list. */
export async function showChanges(main) {
  const { changes, elsewhere } = await ask('/api/changes');
  fill(main, h('header.bar', null, menu(), h('h1', null, 'Change requests')),
    changes.length ? h('ul.cards.steps', null, changes.map((change) => h('li', null, to(change.path, { class: `step card ${LOOK[change.state]}`, 'data-key': change.path },
      glyph(LOOK[change.state]),
      h('div.grow', null, h('span.title', null, change.title),
        h('span.meta', null, h('span.state', null, stands(change)), ` · ${change.repository} #${change.number}`)),
      h('div.numbers', null, size(change.diff), h('span.soft', null, moment(change.opened)))))))
      : nothing('No change requests yet', h('p', null, elsewhere ? 'They are on the forge’s own pages.' : 'A run that changed something opens one here, for you to read before it is merged.')));
}

/** One change request. */
export async function showChange(main, owner, name, number) {
  const where = path(owner, name, number);
  const change = await ask(`/api/changes${where}`);
  const act = (what, body) => async () => {
    try {
      await ask(`/api/changes${where}/${what}`, { method: 'POST', body });
      await showChange(main, owner, name, number);
    } catch (error) {
      toast(error.message);
    }
  };
  fill(main,
    h('header.bar', null, menu(), to('/changes', { class: 'back', 'aria-label': 'All change requests' }, '‹'),
      h('div.grow', null, h('h1.title', null, change.title), h('span.soft.small', null, `${change.repository} #${change.number}`)),
      h(`span.pill.${LOOK[change.state]}`, null, glyph(LOOK[change.state]), stands(change))),
    h('div.page.change', null,
      h('section.summary', null,
        h('p', null, h('code', null, change.branch), ' → ', h('code', null, change.base), h('span.soft', null, ` at ${change.head.slice(0, 12)} · opened `), moment(change.opened)),
        change.description ? prose(change.description) : h('p.soft', null, 'No description.'),
        change.checks.length ? [h('h2', null, 'Checks'), checks(change.checks)] : null,
        change.state === 'open' ? decision(change, act) : null),
      h('section.diff', null,
        h('h2', null, change.files.length === 1 ? 'One file' : `${change.files.length} files`, ' ', size(change.diff)),
        change.files.length > 1 ? h('ol.files', null, change.files.map((file, at) => h('li', null, h('a', { href: `#file-${at}`, onclick: (event) => {
          event.preventDefault();
          const target = document.getElementById(`file-${at}`);
          target.focus();
          target.scrollIntoView({ block: 'start' });
        } }, h('span.path', null, file.path), counts(file))))) : null,
        h('div.steps', null, change.files.map(fileView)))));
}

function decision(change, act) {
  const row = h('div.buttons', null);
  const first = () => fill(row,
    h('button.button.primary', { type: 'button', 'data-key': 'merge', onclick: () => sure('Merge', `Merge into ${change.base}?`, act('merge', { head: change.head }), 'primary') }, `Merge into ${change.base}`),
    h('button.button', { type: 'button', 'data-key': 'close', onclick: () => sure('Close', 'Close without merging?', act('close'), 'danger') }, 'Close'));
  const sure = (label, question, doing, look) => {
    fill(row, h('span', null, question), h(`button.button.${look}`, { type: 'button', onclick: doing }, label), h('button.button', { type: 'button', onclick: first }, 'Not now'));
    row.querySelector('button').focus();
  };
  first();
  return row;
}

function stands({ state, draft }) {
  return state === 'open' && draft ? 'open, a draft' : state;
}

function size({ added, removed }) {
  return h('span.size', null, h('span.plus', null, `+${added}`), ' ', h('span.minus', null, `−${removed}`));
}

function counts(file) {
  return file.binary ? h('span.soft', null, 'not text') : size(file);
}

function fileView(file, at) {
  const rows = file.hunks.reduce((sum, hunk) => sum + hunk.rows.length, 0);
  const inside = () => file.hunks.map((hunk) => hunkView(hunk));
  const head = [h('span.path', null, file.was ? [h('span.soft', null, `${file.was} → `), file.path] : file.path), file.what === 'changed' ? null : h('span.tag', null, file.what), counts(file)];
  const box = h('details.file', { id: `file-${at}`, tabindex: '-1', open: rows <= FOLD_ROWS }, h('summary', null, head));
  const body = h('div.scroll', { tabindex: '0', role: 'region', 'aria-label': file.path });
  box.append(body);
  const draw = () => {
    if (body.childNodes.length) return;
    if (file.binary) body.append(h('p.soft', null, 'This file is not text.'));
    else if (!rows) body.append(h('p.soft', null, file.what === 'renamed' ? 'Renamed; nothing in it changed.' : 'Nothing in it to show.'));
    else body.append(h('table', null, inside()));
  };
  if (rows <= FOLD_ROWS) draw();
  else {
    box.querySelector('summary').append(h('span.soft.small', null, ` ${rows} lines, open to read`));
    box.addEventListener('toggle', draw);
  }
  return box;
}

const SIGN = { added: '+', removed: '−', same: ' ', note: '' };

function hunkView({ heading, rows }) {
  return h('tbody', null,
    h('tr.hunk', null, h('td', { colspan: 3 }, '⋯ ', heading)),
    rows.map(({ kind, old, new: now, text }) => h(`tr.${kind}`, null,
      h('td.number', { 'data-number': old ?? '' }), h('td.number', { 'data-number': now ?? '' }),
      h('td.code', null, h('span.sign', null, SIGN[kind]), text))));
}
