// Runs: the list, and one run with everything that is known of it.

import { ask, path } from './api.js';
import { fill, glyph, h, leave, nothing, to } from './dom.js';
import { post } from './post.js';
import { prose } from './prose.js';
import { ago, moment, running, span } from './time.js';

/** What is shown now, to be shown anew when its run moves. */
let shown = null;
let due = null;
/** A run moves without a word in any thread, too. */
const REFRESH_MS = 5000;

const STATE = { pending: 'pending', starting: 'working', working: 'working', resting: 'waiting', deciding: 'waiting', opening: 'working', done: 'done', skipped: 'skipped', failed: 'failed' };

/** The list of runs. */
export async function showRuns(main) {
  const draw = async () => {
    const { runs } = await ask('/api/runs');
    fill(main, h('header.bar', null, menu(), h('h1', null, 'Runs'), h('span.soft', null, runs.length ? `${runs.length} newest` : '')),
      runs.length ? h('ul.cards.steps', null, runs.map(card))
        : nothing('No runs yet', h('p', null, 'A run begins when somebody asks for something in a channel.'), to('/', { class: 'button primary' }, 'Ask for something')));
  };
  await keep(main, null, draw);
}

/** One run. In a drawer, `close` closes it. */
export async function showRun(place, id, { close } = {}) {
  const draw = async () => {
    const run = await ask(`/api/runs${path(id)}`);
    const open = new Set([...place.querySelectorAll('details[open]')].map((it) => it.dataset.name));
    const scrolled = place.querySelector('.page')?.scrollTop ?? 0;
    fill(place, bar(run, close), h('div.page.run', null, overview(run), phases(run), ...facts(run)));
    for (const fold of place.querySelectorAll('details')) if (open.has(fold.dataset.name)) fold.open = true;
    place.querySelector('.page').scrollTop = scrolled;
  };
  await keep(place, id, draw);
  if (close) place.querySelector('.close').focus();
}

/** A message of a run came: what is shown of it is shown anew, soon. */
export function runHeard(run) {
  if (!shown?.place.isConnected || (shown.id && shown.id !== run)) return;
  clearTimeout(due);
  due = setTimeout(again, 400);
}

async function keep(place, id, draw) {
  shown = { place, id, draw, mark: location.pathname };
  await draw();
  clearTimeout(due);
  due = setTimeout(again, REFRESH_MS);
}

async function again() {
  const { place, draw, mark } = shown;
  if (!place.isConnected || place.hidden || mark !== location.pathname) return;
  // Nobody's reading is disturbed: a transcript that is open stays as it is.
  if (!place.querySelector('.transcript')) await draw().catch(() => {});
  clearTimeout(due);
  due = setTimeout(again, REFRESH_MS);
}

export function menu() {
  return h('button.menu', { type: 'button', 'aria-label': 'Channels and pages', 'data-key': 'menu', onclick: () => document.body.classList.toggle('navigating') }, '☰');
}

function card(run) {
  return h('li', null, to(path('runs', run.id), { class: `step card ${run.mark.mark}`, 'data-key': run.id },
    glyph(run.mark.mark),
    h('div.grow', null, h('span.title', null, run.request || '(empty)'),
      h('span.meta', null, h('span.state', null, run.words), ` · ${run.by}`, run.repository ? ` · ${run.repository}` : '', run.workflow ? ` · ${run.workflow}` : '')),
    h('div.dots', { 'aria-hidden': 'true' }, run.phases.map((phase) => h(`span.dot.${STATE[phase.stage]}`, { title: phase.label }))),
    h('div.numbers', null, h('span', null, run.ended ? span(run.until - run.asked) : running(run.asked)), h('span.soft', null, run.cost), h('span.soft', null, ago(run.asked)))));
}

function bar(run, close) {
  const back = run.thread.chat === 'console'
    ? to(path('c', run.thread.room, run.thread.root), { class: 'button quiet', 'data-key': 'thread' }, 'Thread') : null;
  return h('header.bar', null,
    close ? null : [menu(), to('/runs', { class: 'back', 'aria-label': 'All runs' }, '‹')],
    h('div.grow', null, h('h1.title', null, run.request || 'Run'), h('span.soft.small.mono', null, `run:${run.id}`)),
    close ? to(path('runs', run.id), { class: 'button quiet', 'data-key': 'page' }, 'Whole page') : back,
    close ? h('button.close', { type: 'button', 'aria-label': 'Close', 'data-key': 'close', onclick: close }, '✕') : null);
}

function overview(run) {
  const cell = (label, ...value) => h('div', null, h('dt', null, label), h('dd', null, ...value));
  return h('section', null,
    run.request_text === run.request ? null : h('p.request', null, run.request_text),
    h('dl.facts', null,
      cell('State', h(`span.pill.${run.mark.mark}`, null, glyph(run.mark.mark), run.words)),
      cell('Time', run.ended ? span(run.until - run.asked) : running(run.asked)),
      cell('Cost', run.cost, run.cap ? h('span.soft', null, ` of ${run.cap}`) : null),
      cell('Where', run.repository ?? h('span.soft', null, 'no repository')),
      run.workflow ? cell('Workflow', run.workflow) : null,
      cell('Asked', run.by, ' · ', moment(run.asked))),
    run.change ? h('p', null, run.change.link ? leave(run.change.link, `View change request: ${run.change.title}`, 'button primary') : run.change.title) : null);
}

function phases(run) {
  if (!run.phases.length) return null;
  return h('section', null, h('h2', null, 'Phases'), h('ul.phases.long', null, run.phases.map((phase) => {
    const took = phase.since ? running(phase.since) : phase.took_ms ? span(phase.took_ms) : '';
    const rounds = [phase.rounds ? `${phase.rounds} fix rounds` : '', phase.tries ? `${phase.tries} tries lost` : ''].filter(Boolean).join(' · ');
    return h(`li.phase.${STATE[phase.stage]}`, null, glyph(STATE[phase.stage]), h('span.label', null, phase.label),
      h('span.note', null, h('span.unseen', null, `${phase.stage}: `), h('bdi', null, phase.note), rounds ? h('span.soft', null, ` ${rounds}`) : null),
      h('span.took', null, took),
      h('div.below', null,
        phase.feedback.length ? fold(`feedback-${phase.name}`, 'What was found wrong', phase.feedback.map((said) => h('blockquote.quote', null, prose(said)))) : null,
        phase.transcripts.map((digest, at) => transcript(run.id, digest, phase.transcripts.length > 1 ? `Transcript, attempt ${at + 1}` : 'Transcript'))));
  })));
}

function fold(name, title, ...children) {
  return h('details', { 'data-name': name }, h('summary', null, title), ...children);
}

/** A fold whose inside is asked for when it is first opened. */
function later(name, title, load) {
  const inside = h('div', null, h('p.soft', null, 'Loading …'));
  const box = fold(name, title, inside);
  let asked = false;
  box.addEventListener('toggle', async () => {
    if (!box.open || asked) return;
    asked = true;
    try { fill(inside, await load()); } catch (error) { fill(inside, h('p.trouble', null, error.message)); }
  });
  return box;
}

function transcript(run, digest, title) {
  return later(digest, title, async () => {
    const { entries } = await ask(`/api/runs${path(run)}/transcripts${path(digest)}`);
    return h('ol.transcript', null, entries.map((entry) => h(`li.${entry.kind.replace(/[^a-z_]/g, '')}${entry.ok ? '' : '.bad'}`, null,
      h('span.at', null, entry.at_ms === null ? '' : span(entry.at_ms)),
      h('span.kind', null, (WORDS[entry.kind] ?? entry.kind.replace('_', ' ')) + (entry.title ? ` ${entry.title}` : '')),
      !entry.text ? null : entry.kind === 'text' ? prose(entry.text) : ['usage', 'begin'].includes(entry.kind) ? h('span.quiet', null, entry.text) : long(entry.text))));
  });
}

const WORDS = { text: 'says', tool_call: 'does', tool_result: 'sees', prompt: 'is told', complaint: 'complains', begin: 'begins', end: 'ends', usage: 'used' };

function long(text) {
  const pre = h('pre', null, text);
  const lines = text.split('\n').length;
  if (lines <= 14) return pre;
  return h('details.plain', null, h('summary', null, `${text.slice(0, 100).split('\n')[0]} … (${lines} lines)`), pre);
}

function facts(run) {
  const rows = (list, row) => h('ul.rows', null, list.map((it) => h('li', null, row(it))));
  const owed = run.effects.filter((effect) => !effect.settled);
  const effect = (it) => [glyph(it.settled ? (it.why ? 'failed' : 'done') : 'working'), h('span.grow', null, it.what, it.why ? h('span.soft', null, ` — ${it.why}`) : null), h('span.soft.small', null, it.tries > 1 ? `${it.tries} tries` : '', ' ', it.lane)];
  return [
    run.followups.length ? h('section', null, h('h2', null, 'Added while it worked'), rows(run.followups, (it) => [h('span.grow', null, h('strong', null, it.by), `: ${it.text}`), h('span.soft.small', null, moment(it.at))])) : null,
    run.checks.length ? h('section', null, h('h2', null, 'Checks'), checks(run.checks)) : null,
    run.refused.length ? h('section', null, h('h2', null, 'Proposals refused'), rows(run.refused, (why) => why)) : null,
    h('section', null, h('h2', null, 'Why here'), h('div.words', null, post({ ...run.why, buttons: [] }))),
    run.bundle ? h('section', null, h('h2', null, 'What the agent was given'),
      run.context.length ? rows(run.context, (title) => title) : h('p.soft', null, 'Nothing besides the words of the request.'),
      run.omissions.map((left) => h('p.soft.small', null, `Left out: ${left.what} (${left.why})`)),
      later('context', 'Read it', () => context(run.id))) : null,
    run.artifacts.length ? h('section', null, h('h2', null, 'Handoffs'), run.artifacts.map(({ name, digest }) => later(`file-${name}`, name, async () => {
      const { text } = await ask(`/api/runs${path(run.id)}/blobs${path(digest)}`);
      return name.endsWith('.md') ? prose(text) : h('pre', null, text);
    }))) : null,
    h('section', null, h('h2', null, 'Behind the scenes'),
      fold('owed', owed.length ? `${owed.length} still to be done` : 'Nothing is owed', rows(owed.length ? owed : run.effects.slice(-10), effect)),
      fold('history', `History, ${run.history.length} steps`, h('ol.rows.history', null, run.history.map((step) => h('li', { title: step.id }, h('span.at', null, new Date(step.at).toLocaleTimeString()), h('span.grow', null, step.words))))),
      run.ignored.length ? fold('ignored', `${run.ignored.length} ignored`, rows(run.ignored, (it) => [it.what, h('span.soft', null, ` — ${it.why}`)])) : null,
      h('p.soft.small', null, `${run.usage.turns} model turns · ${run.usage.tokens_in.toLocaleString()} tokens read, ${run.usage.tokens_out.toLocaleString()} written`, run.head ? ` · ${run.branch} at ${run.head.slice(0, 12)}` : '')),
  ];
}

async function context(run) {
  const { items } = await ask(`/api/runs${path(run)}/context`);
  return h('div', null, items.map((item) => fold(item.digest, `${item.title} · ${item.trust}`,
    h('p.soft.small', null, `${item.source} · by ${item.prefetcher}`, item.author ? ` · written by ${item.author}` : ''), h('pre', null, item.text))));
}

/** Checks with what they said. */
export function checks(list) {
  return h('ul.checks', null, list.map((check) => h('li', null,
    glyph(check.passed ? 'done' : 'failed'),
    check.summary ? h('details', { 'data-name': `check-${check.name}` }, h('summary', null, check.name, h('span.unseen', null, check.passed ? ' passed' : ' failed')), h('pre', null, check.summary))
      : h('span', null, check.name, h('span.unseen', null, check.passed ? ' passed' : ' failed')))));
}
