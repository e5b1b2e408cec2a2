import { afterEach, describe, expect, it } from 'vitest';
import { memoryHistory } from '../../../src/adapters/history/memory-history.ts';
import { RunView } from '../../../src/api/run-view.ts';
import { FixpointError } from '../../../src/errors.ts';
import { recordEntry } from '../../../src/pipeline/record-entry.ts';
import type { History } from '../../../src/ports/history.ts';
import { addRun, aRun, buildApi, closeApis, get } from './api-fixture.ts';

afterEach(closeApis);

const start = 1_700_000_000_000;
const iso = (at: number) => new Date(at).toISOString();

/** A history that has one run which Redis has not, and a gap before it. */
async function historyWithRun(): Promise<History> {
  const history = memoryHistory();
  const from = await history.cursor();
  const ended = aRun({ id: 'old-1', phase: 'failed', at: start - 5000, finishedAt: start - 4000 });
  const about = { run: ended.id, incident: ended.incident, rule: ended.rule };
  await history.advance({
    from,
    to: { generation: 'g', entry: '9-0', number: 9, at: start - 4000 },
    records: [
      {
        type: 'intent',
        ...about,
        data: { rung: 0, steps: [{ id: 'scale', intent: { secretPlan: true } }] },
        id: '7-0',
        number: 7,
        at: start - 4500,
      },
      { ...recordEntry('run-ended', ended), id: '8-0', number: 8, at: start - 4000 },
    ],
    gap: { cause: 'trimmed', from: start - 9000, to: start - 4600, missing: 6, noticedAt: start - 4000 },
  });
  return history;
}

const gap = { cause: 'trimmed', from: iso(start - 9000), to: iso(start - 4600), missing: 6, noticedAt: iso(start - 4000) };

describe('runs that Redis has dropped', () => {
  it('are listed behind those it has, with the gaps of the time shown', async () => {
    const api = buildApi({ history: await historyWithRun() });
    await addRun(api, aRun({ id: 'new-1', at: start }));
    const page = (await get(api, '/api/v1/runs?limit=1')).json();
    expect([page.runs.map(({ id }: { id: string }) => id), page.history, page.gaps]).toEqual([['new-1'], 'available', []]);
    const rest = (await get(api, `/api/v1/runs?limit=1&cursor=${page.next}`)).json();
    expect([rest.runs.map(({ id }: { id: string }) => id), rest.next, rest.gaps]).toEqual([['old-1'], null, [gap]]);
  });

  it('are shown in full with their journal, without what is for the engine only', async () => {
    const api = buildApi({ history: await historyWithRun() });
    const response = await get(api, '/api/v1/runs/old-1');
    const run = RunView.parse(response.json());
    expect([run.phase, run.journal, run.history, run.gaps]).toEqual([
      'failed',
      [{ id: '7-0', at: iso(start - 4500), type: 'intent', data: { rung: 0 } }],
      'available',
      [gap],
    ]);
    expect(response.body).not.toContain('secretPlan');
  });

  it('are not there when history is away: what Redis has is answered, and the rest is not denied', async () => {
    const away = () => Promise.reject(new FixpointError('history.unavailable', 'the database is away'));
    const api = buildApi({ history: { ...memoryHistory(), run: away, runs: away, entriesOf: away, gaps: away } });
    await addRun(api, aRun({ id: 'new-1' }));
    expect((await get(api, '/api/v1/runs')).json()).toMatchObject({
      runs: [{ id: 'new-1' }],
      next: null,
      history: 'unavailable',
      gaps: [],
    });
    expect((await get(api, '/api/v1/runs/new-1')).json()).toMatchObject({ id: 'new-1', history: 'unavailable' });
    expect((await get(api, '/api/v1/runs/old-1')).json()).toMatchObject({ status: 503, code: 'history.unavailable' });
  });

  it('are unknown where there is no history', async () => {
    const api = buildApi();
    await addRun(api, aRun({ id: 'new-1' }));
    expect((await get(api, '/api/v1/runs')).json()).toMatchObject({ history: 'off' });
    expect((await get(api, '/api/v1/runs/new-1')).json().journal).toEqual([expect.objectContaining({ type: 'run-created' })]);
    expect((await get(api, '/api/v1/runs/old-1')).statusCode).toBe(404);
  });
});
