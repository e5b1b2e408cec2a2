import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { PauseScope } from '../../ports/store.ts';
import { isPlaceWithin, limited, type Wisher } from '../../pipeline/within.ts';
import { defineRoute, wisherOf, type ApiRoute } from '../api-route.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { localId, LocalPauseView, localPauseView } from '../local-pause.ts';
import { Moment, resolveMoment } from '../moment.ts';
import { MadePauseView, PauseView, pauseView } from '../pause-view.ts';
import { assertScopeKnown, scopeNote } from '../scope-knowledge.ts';
import { assertScopeShape } from '../scope-shape.ts';

const ScopeObject = z
  .strictObject({ kind: z.enum(['global', 'rule', 'namespace', 'source', 'target']), name: z.string().min(1).max(1024).optional() })
  .refine((scope) => (scope.kind === 'global') === (scope.name === undefined), {
    error: 'every scope but global needs the name of what is paused, and global none',
  });

const PauseBody = z.strictObject({
  scope: z.preprocess((scope) => (scope === 'global' ? { kind: 'global' } : scope), ScopeObject),
  reason: z.string().trim().min(1, { error: 'say why' }).max(1000),
  until: Moment.optional(),
  force: z.boolean().optional().meta({ description: 'Also a rule or source that neither this process nor any run knows' }),
});

type Dependencies = Pick<ApiDependencies, 'store' | 'ids' | 'operations' | 'rulebook' | 'sources' | 'clock' | 'log' | 'localPause'>;

/** Stops on new effects: set, listed, lifted. */
export function pauseRoutes(dependencies: Dependencies): readonly ApiRoute[] {
  const { store, ids, operations } = dependencies;
  const localPause = () => dependencies.localPause?.();
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/pauses',
      role: 'viewer',
      summary: 'Pauses in force',
      answers: {
        200: {
          description: 'The pauses, and what stops the process that answers, alone, by its file or environment',
          schema: z.object({ pauses: z.array(PauseView), local: LocalPauseView.nullable() }),
        },
      },
      async handle() {
        const local = localPause();
        return { pauses: (await store.pauses()).map(pauseView), local: local === undefined ? null : localPauseView(local) };
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/pauses',
      role: 'operator',
      summary: 'Stop new effects, everywhere or in one scope',
      body: PauseBody,
      answers: {
        201: { description: 'The pause; `note` says so where nothing known is in its scope', schema: MadePauseView },
        404: { description: 'No rule or source has this name' },
      },
      async handle({ body: { scope: given, reason, until, force = false }, by, reply, ...call }) {
        const scope = scopeOf(given);
        assertScopeWithin(scope, wisherOf({ by, ...call }));
        assertScopeShape(scope);
        if (!force) await assertScopeKnown(scope, dependencies);
        const time = until === undefined ? undefined : await store.time();
        const end = until === undefined || time === undefined ? undefined : resolveMoment(until, time, 'future');
        if (end !== undefined && time !== undefined && end <= time)
          throw new FixpointError('request.malformed', `until (${until}) is not in the future`);
        const pause = await store.addPause({
          id: ids.next(),
          scope,
          reason,
          by,
          ...(end === undefined ? {} : { until: end }),
        });
        reply.code(201).header('location', `/api/v1/pauses/${pause.id}`);
        // Only now: the stop waits for no answer.
        const note = await scopeNote(scope, dependencies);
        return { ...pauseView(pause), ...(note === undefined ? {} : { note }) };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/v1/pauses/:id',
      role: 'operator',
      summary: 'Lift a pause',
      answers: {
        204: { description: 'Lifted' },
        404: { description: 'No pause has this id' },
        409: { description: 'It is the one of a process alone, which only its file or environment ends' },
      },
      async handle({ params, by, reply, ...call }) {
        const id = params['id'] ?? '';
        const local = id === localId ? localPause() : undefined;
        if (local !== undefined)
          throw new FixpointError('pause.local', `process ${local.process} is ${local.reason}; to end it, ${local.end}`);
        const known = (await store.pauses()).find((pause) => pause.id === id);
        if (known !== undefined) assertScopeWithin(known.scope, wisherOf({ by, ...call }));
        if (!(await store.removePause(id, by))) throw new FixpointError('pause.unknown', `there is no pause ${id.slice(0, 200)}`);
        await operations.pauseLifted();
        reply.code(204);
        return undefined;
      },
    }),
  ];
}

/** Who is limited to namespaces pauses these, or targets in them; anything wider concerns others. */
function assertScopeWithin(scope: PauseScope, wisher: Wisher): void {
  const { within } = wisher;
  if (within === undefined) return;
  const isWithin =
    (scope.kind === 'namespace' && isPlaceWithin({ namespace: scope.name }, within)) ||
    (scope.kind === 'target' && isPlaceWithin({ target: scope.name }, within));
  if (!isWithin)
    throw limited(wisher, `this pause is of ${scope.kind === 'global' ? 'everything' : `${scope.kind} ${scope.name.slice(0, 200)}`}`);
}

function scopeOf({ kind, name }: z.infer<typeof ScopeObject>): PauseScope {
  return kind === 'global' || name === undefined ? { kind: 'global' } : { kind, name };
}
