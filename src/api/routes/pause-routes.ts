import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { PauseScope } from '../../ports/store.ts';
import { isPlaceWithin, limited, type Wisher } from '../../pipeline/within.ts';
import { defineRoute, wisherOf, type ApiRoute } from '../api-route.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { Moment, resolveMoment } from '../moment.ts';
import { PauseView, pauseView } from '../pause-view.ts';

const ScopeObject = z
  .strictObject({ kind: z.enum(['global', 'rule', 'namespace', 'source', 'target']), name: z.string().min(1).max(1024).optional() })
  .refine((scope) => (scope.kind === 'global') === (scope.name === undefined), {
    error: 'every scope but global needs the name of what is paused, and global none',
  });

const PauseBody = z.strictObject({
  scope: z.preprocess((scope) => (scope === 'global' ? { kind: 'global' } : scope), ScopeObject),
  reason: z.string().trim().min(1, { error: 'say why' }).max(1000),
  until: Moment.optional(),
});

/** Stops on new effects: set, listed, lifted. */
export function pauseRoutes({ store, ids, operations }: Pick<ApiDependencies, 'store' | 'ids' | 'operations'>): readonly ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/pauses',
      role: 'viewer',
      summary: 'Pauses in force',
      answers: { 200: { description: 'The pauses', schema: z.object({ pauses: z.array(PauseView) }) } },
      handle: async () => ({ pauses: (await store.pauses()).map(pauseView) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/pauses',
      role: 'operator',
      summary: 'Stop new effects, everywhere or in one scope',
      body: PauseBody,
      answers: { 201: { description: 'The pause', schema: PauseView } },
      async handle({ body: { scope, reason, until }, by, reply, ...call }) {
        assertScopeWithin(scopeOf(scope), wisherOf({ by, ...call }));
        const time = until === undefined ? undefined : await store.time();
        const end = until === undefined || time === undefined ? undefined : resolveMoment(until, time, 'future');
        if (end !== undefined && time !== undefined && end <= time)
          throw new FixpointError('request.malformed', `until (${until}) is not in the future`);
        const pause = await store.addPause({
          id: ids.next(),
          scope: scopeOf(scope),
          reason,
          by,
          ...(end === undefined ? {} : { until: end }),
        });
        reply.code(201).header('location', `/api/v1/pauses/${pause.id}`);
        return pauseView(pause);
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/v1/pauses/:id',
      role: 'operator',
      summary: 'Lift a pause',
      answers: { 204: { description: 'Lifted' }, 404: { description: 'No pause has this id' } },
      async handle({ params, by, reply, ...call }) {
        const id = params['id'] ?? '';
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
