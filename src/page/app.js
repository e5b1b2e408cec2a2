// @ts-nocheck -- a browser's script, and the compiler is set up for Node's types only.
import { ask, askBoth, button, byId, changeLine, element, moment, short, time, word } from './elements.js';

const stopped = new Set(['succeeded', 'failed', 'denied', 'superseded', 'expired', 'cancelled', 'interrupted', 'planned', 'observed']);

/** After these nobody has been called. */
const well = new Set(['succeeded', 'planned', 'observed']);

let token = sessionStorage.getItem('fixpoint-token') ?? '';
let selected = decodeURIComponent(location.hash.slice(1));
let refreshing;
let toldPauses;

class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function call(path, { method = 'GET', body, headers = {}, signal } = {}) {
  const sent = { ...headers };
  if (token !== '') sent.authorization = `Bearer ${token}`;
  if (body !== undefined) sent['content-type'] = 'application/json';
  const response = await fetch(path, { method, headers: sent, signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Refusal(response.status, problem.detail ?? `${method} ${path}: ${response.status}`);
}

const json = async (path) => (await call(path)).json();

async function attempt(work) {
  try {
    await work();
    byId('failure').hidden = true;
  } catch (error) {
    if (error.status === 401) return await askToken();
    byId('failure').textContent = error.message;
    byId('failure').hidden = false;
  }
}

async function askToken() {
  const given = await ask({ title: 'A token is needed', label: 'Token', yes: 'Use it', isSecret: true });
  if (given === undefined) return;
  token = given;
  sessionStorage.setItem('fixpoint-token', token);
  await refresh();
}

const titled = (kind) => `${kind[0].toUpperCase()}${kind.slice(1)}`;

async function act(run, kind) {
  const isNeeded = kind === 'deny' || kind === 'cancel';
  const title = `${titled(kind)}: ${run.rule} on ${short(run.subject)}`;
  const reason = await ask({ title, label: isNeeded ? 'Why?' : 'Why? (may be left empty)', yes: kind, isNeeded });
  if (reason === undefined) return;
  await attempt(() => call(`/api/v1/runs/${encodeURIComponent(run.id)}/${kind}`, { method: 'POST', body: { reason } }));
  await refresh();
}

/** Until it is made or the person goes back: a refusal that is overlooked would pass for a stop. */
async function pauseAll(refusal) {
  const title = refusal === undefined ? 'Pause everything: no new effect anywhere' : `Not paused: ${refusal}`;
  const answer = await askBoth({ title, label: 'Why?', yes: 'Pause', hasEnd: true });
  if (answer === undefined) return;
  const body = { scope: 'global', reason: answer.text, ...(answer.until === '' ? {} : { until: answer.until }) };
  try {
    await call('/api/v1/pauses', { method: 'POST', body });
  } catch (error) {
    if (error.status === 401) await askToken();
    return await pauseAll(error.message);
  }
  await refresh();
}

async function lift(id) {
  await attempt(() => call(`/api/v1/pauses/${encodeURIComponent(id)}`, { method: 'DELETE' }));
  await refresh();
}

function showPauses({ pauses, local }) {
  const here = local ?? null;
  const told = JSON.stringify([pauses, here]);
  if (told === toldPauses) return;
  toldPauses = told;
  byId('pauses').hidden = pauses.length === 0 && here === null;
  byId('pauses').replaceChildren(
    ...(here === null
      ? []
      : [element('div', { text: `Paused: everything at process ${here.process}, ${here.reason}; to end it, ${here.end}` })]),
    ...pauses.map(({ id, scope, reason, by, until }) =>
      element('div', {}, [
        `Paused: ${scope.kind === 'global' ? 'everything' : `${scope.kind} ${scope.name}`} by ${by}: ${reason}${until === null ? '' : ` (until ${moment(until)})`} `,
        button('Resume', () => lift(id)),
      ]),
    ),
  );
}

async function restore(rule) {
  const reason = await ask({ title: `Restore ${rule}: it acts by itself again`, label: 'Why?', yes: 'Restore' });
  if (reason === undefined) return;
  await attempt(() => call(`/api/v1/rules/${encodeURIComponent(rule)}/restore`, { method: 'POST', body: { reason } }));
  await refresh();
}

/** A storm shows by the runs that it holds. */
function showStanding(waiting, rules) {
  const held = waiting.filter(({ reason }) => reason.startsWith('alertStorm:'));
  const demoted = rules.filter((rule) => (rule.demoted ?? null) !== null);
  byId('standing').hidden = held.length === 0 && demoted.length === 0;
  byId('standing').replaceChildren(
    ...held.slice(0, 1).map(({ reason }) => element('div', { text: `Storm: nothing new is done (${reason})` })),
    ...demoted.map(({ name, demoted: { since, reason } }) =>
      element('div', {}, [`Demoted: ${name} since ${moment(since)}: ${reason} `, button('Restore…', () => restore(name))]),
    ),
  );
}

function showRuns(runs) {
  byId('empty').hidden = runs.length > 0;
  byId('runs').replaceChildren(
    ...runs.map((run) => {
      const row = element('tr', {}, [
        element('td', {}, [word(run.phase)]),
        element('td', {}, [button(run.rule, () => select(run.id), 'link')]),
        element('td', { text: run.subject }),
        element('td', { text: run.reason }),
        element('td', {}, [time(run.updatedAt)]),
      ]);
      if (run.id === selected) row.setAttribute('aria-current', 'true');
      return row;
    }),
  );
}

function changesOf(run) {
  const steps = run.rungs.flatMap((rung) => rung.steps);
  return steps.flatMap((step) => step.changes.map((change) => ({ step, change })));
}

function showApprovals(runs) {
  byId('approvals').hidden = runs.length === 0;
  byId('approval-list').replaceChildren(
    ...runs.map((run) =>
      element('li', {}, [
        element('strong', { text: run.rule }),
        ` on ${short(run.subject)}`,
        element(
          'ul',
          {},
          changesOf(run).map(({ change }) => changeLine(change)),
        ),
        ...(run.approval === null ? [] : [element('p', { className: 'dim', text: `expires ${moment(run.approval.expiresAt)}` })]),
        button('Approve…', () => act(run, 'approve')),
        ' ',
        button('Deny…', () => act(run, 'deny')),
        ' ',
        button('Story', () => select(run.id), 'link'),
      ]),
    ),
  );
}

function stepView(step) {
  return element('li', {}, [
    element('code', { text: step.action }),
    ` on ${short(step.target ?? 'nothing')}: `,
    // That it is planned is no success yet, and that an optional step cannot be done is no failure.
    word(step.state, step.state === 'planned' ? '' : undefined),
    ...(step.error === null
      ? []
      : [element('span', { className: step.state === 'skipped' ? 'dim' : 'bad', text: ` ${short(step.error.message)}` })]),
    element('ul', {}, [
      ...step.changes.map(changeLine),
      ...step.notes.map((text) => element('li', { className: 'dim', text: short(text) })),
    ]),
  ]);
}

function rungView(rung, index) {
  return element('section', { className: 'rung' }, [
    element('h3', { text: `${index + 1}. ${rung.remediation} (${rung.state})` }),
    ...(rung.reason === null ? [] : [element('p', { text: short(rung.reason) })]),
    element('ul', {}, rung.steps.map(stepView)),
    element(
      'ul',
      {},
      rung.verdicts.map((verdict) => element('li', {}, [`${verdict.check}: `, word(verdict.verdict), ` ${short(verdict.reason)}`])),
    ),
  ]);
}

function showStory(run) {
  byId('story').hidden = false;
  byId('story-title').textContent = `${run.rule} on ${short(run.subject)}`;
  const labels = Object.entries(run.alert.labels).map(([name, value]) => `${name}=${short(value)}`);
  const acts = well.has(run.phase) ? [] : stopped.has(run.phase) ? ['acknowledge'] : ['cancel'];
  byId('story-body').replaceChildren(
    element('p', {}, [word(run.phase), ` ${short(run.reason)}`]),
    element('p', {
      className: 'dim',
      text: `run ${run.id}, attempt ${run.attempt}, mode ${run.mode}, begun ${moment(run.createdAt)}`,
    }),
    element('p', { className: 'dim', text: labels.join(', ') }),
    ...acts.map((kind) => element('p', {}, [button(`${titled(kind)}…`, () => act(run, kind))])),
    ...run.rungs.map(rungView),
    element('h3', { text: 'Decisions' }),
    element(
      'ul',
      {},
      run.decisions.map(({ guard, decision, reason }) => element('li', {}, [`${guard}: `, word(decision), ` ${short(reason)}`])),
    ),
  );
}

async function select(id) {
  selected = id;
  history.replaceState(null, '', `#${encodeURIComponent(id)}`);
  await refresh();
  byId('story-title').focus();
}

async function load() {
  const [{ runs }, { runs: unanswered }, { runs: waiting }, { rules }, paused] = await Promise.all([
    json('/api/v1/runs?limit=100'),
    json('/api/v1/runs?phase=awaiting-approval&limit=50'),
    json('/api/v1/runs?phase=waiting&limit=50'),
    json('/api/v1/rules'),
    json('/api/v1/pauses'),
  ]);
  const approvals = await Promise.all(unanswered.map(({ id }) => json(`/api/v1/runs/${encodeURIComponent(id)}`)));
  showPauses(paused);
  showStanding(waiting, rules);
  showRuns(runs);
  showApprovals(approvals);
  if (selected !== '') showStory(await json(`/api/v1/runs/${encodeURIComponent(selected)}`));
}

/** One at a time; what happens meanwhile makes one more. */
async function refresh() {
  if (refreshing !== undefined) {
    refreshing.again = true;
    return;
  }
  const mine = { again: false };
  refreshing = mine;
  await attempt(load);
  refreshing = undefined;
  if (mine.again) setTimeout(() => void refresh(), 250);
}

/** Server-sent events by fetch, because EventSource cannot send a token. */
async function follow() {
  let last;
  for (;;) {
    try {
      const response = await call('/api/v1/events', { headers: last === undefined ? {} : { 'last-event-id': last } });
      byId('connection').textContent = 'live';
      void refresh();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        last = [...part.value.matchAll(/^id: (\d[\d-]*)$/gm)].at(-1)?.[1] ?? last;
        if (part.value.includes('event: ')) void refresh();
      }
    } catch (error) {
      if (error.status === 401) await attempt(() => Promise.reject(error));
    }
    byId('connection').textContent = 'not connected, trying again…';
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

byId('pause').addEventListener('click', () => void pauseAll());
byId('question-no').addEventListener('click', () => byId('question').close());
window.addEventListener('hashchange', () => void select(decodeURIComponent(location.hash.slice(1))));
// A pause file makes no event.
setInterval(() => {
  if (byId('connection').textContent === 'live') void json('/api/v1/pauses').then(showPauses, () => refresh());
}, 10_000);
void refresh();
void follow();
