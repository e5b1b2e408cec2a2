import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { PersonalAct } from '../../pipeline/act-on-run.ts';
import { runBook } from '../../pipeline/run-book.ts';
import { phases } from '../../run/phase.ts';
import { defineRoute, wisherOf, type ApiRoute } from '../api-route.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { HistoryNote, historyNote } from '../history-note.ts';
import { Moment, resolveMoment } from '../moment.ts';
import { listedRun, RunSummary, runSummary, RunView, runView } from '../run-view.ts';

const RunQuery = z.strictObject({
  phase: z.enum(phases).optional(),
  rule: z.string().min(1).max(256).optional(),
  subject: z.string().min(1).max(1024).optional(),
  since: Moment.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().min(1).max(512).optional(),
});

const RunList = z.strictObject({ runs: z.array(RunSummary), next: z.string().nullable(), ...HistoryNote.shape });

const Reason = z.string().trim().max(1000);
const OptionalReason = z.strictObject({ reason: Reason.default('') });
const NeededReason = z.strictObject({ reason: Reason.min(1, { error: 'say why' }) });

const acts: readonly { kind: PersonalAct; summary: string; body: typeof OptionalReason | typeof NeededReason }[] = [
  { kind: 'approve', summary: 'Approve the plan that a run shows', body: OptionalReason },
  { kind: 'deny', summary: 'Deny the plan that a run shows', body: NeededReason },
  { kind: 'cancel', summary: 'End a run before its next effect', body: NeededReason },
  { kind: 'acknowledge', summary: 'Say that a person has seen it; frees targets an interrupted run keeps', body: OptionalReason },
];

/** Runs, and what people can do with one. */
export function runRoutes({
  store,
  history,
  clock,
  log,
  operations,
}: Pick<ApiDependencies, 'store' | 'history' | 'clock' | 'log' | 'operations'>): readonly ApiRoute[] {
  const book = runBook({ store, clock, log, ...(history === undefined ? {} : { history }) });
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/runs',
      role: 'viewer',
      summary: 'Runs, newest first',
      query: RunQuery,
      answers: { 200: { description: 'A page of runs', schema: RunList } },
      async handle({ query: { since, ...filter } }) {
        const from = since === undefined ? {} : { since: resolveMoment(since, await store.time(), 'past') };
        const { runs, next, ...note } = await book.list({ ...filter, ...from });
        return { runs: runs.map(listedRun), next, ...historyNote(note) };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/runs/:id',
      role: 'viewer',
      summary: 'One run in full',
      answers: { 200: { description: 'The run', schema: RunView }, 404: { description: 'No run has this id' } },
      async handle({ params }) {
        const id = params['id'] ?? '';
        return runView((await book.find(id)) ?? unknown(id));
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/runs/:id/replay',
      role: 'operator',
      summary: "Run a run's alert again, beside any incident; planned only, unless mode is real",
      body: z.strictObject({ mode: z.enum(['plan', 'real']).default('plan'), reason: z.string().trim().max(1000).optional() }),
      answers: {
        202: { description: 'The runs made', schema: z.object({ notification: z.string(), runs: z.array(z.string()) }) },
        404: { description: 'No run has this id' },
      },
      async handle({ params, body: { mode, reason }, reply, ...call }) {
        const answer = await operations.replay({
          run: params['id'] ?? '',
          mode,
          ...wisherOf(call),
          ...(reason === undefined ? {} : { reason }),
        });
        reply.code(202);
        return answer;
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/runs/:id/undo',
      role: 'operator',
      summary:
        "Take back what a run has changed, now: by the undo run that waits, else by a new one; someone else's change since is left alone",
      body: NeededReason,
      answers: {
        202: { description: 'The undo run', schema: z.object({ run: z.string() }) },
        404: { description: 'No run has this id' },
        409: { description: 'The run has not ended, or has nothing that can be taken back' },
      },
      async handle({ params, body: { reason }, reply, ...call }) {
        const run = await operations.undo(params['id'] ?? '', { ...wisherOf(call), reason });
        reply.code(202);
        return { run };
      },
    }),
    ...acts.map(({ kind, summary, body }) =>
      defineRoute({
        method: 'POST',
        path: `/api/v1/runs/:id/${kind}`,
        role: 'operator',
        summary,
        body,
        answers: {
          202: { description: 'Handed to the run, which is as yet in the phase shown', schema: RunSummary },
          404: { description: 'No run has this id' },
          409: { description: 'The run is not in a phase that allows this' },
        },
        async handle({ params, body: { reason }, reply, ...call }) {
          const id = params['id'] ?? '';
          await operations.act(kind, id, { ...wisherOf(call), reason, role: call.as === 'admin' ? 'admin' : 'operator' });
          reply.code(202);
          return runSummary((await store.run(id))?.run ?? unknown(id));
        },
      }),
    ),
  ];
}

function unknown(id: string): never {
  throw new FixpointError('run.unknown', `there is no run ${id.slice(0, 200)}`);
}
