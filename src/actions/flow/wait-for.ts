import { z } from 'zod';
import { FixpointError, messageOf } from '../../errors.ts';
import type { Json } from '../../value/json.ts';
import { defineAction, type Action, type AnyAction, type ReadContext } from '../action.ts';
import { parseCondition } from './condition.ts';

type Intent = { readonly action: string; readonly params: Json; readonly until: string };

/** Waits until a reading action gives what is wanted. `find` knows the other actions. */
export function makeWaitFor(find: (name: string) => AnyAction | undefined) {
  const Params = z
    .strictObject({
      action: z.string().describe('An action that reads.'),
      with: z.record(z.string(), z.json()).default({}).describe('Its parameters.'),
      until: z.string().min(1).max(1000).describe('CEL over `output`, what that action gives: `output.lag < 100`.'),
    })
    .superRefine(({ action, with: params, until }, context) => {
      const issue = (path: readonly PropertyKey[], message: string) => context.addIssue({ code: 'custom', path: [...path], message });
      const reading = readingAction(find, action);
      if (reading === undefined) issue(['action'], 'must be the name of an action that reads');
      for (const { path, message } of reading?.params.safeParse(params).error?.issues ?? []) issue(['with', ...path], message);
      try {
        parseCondition(until);
      } catch (error) {
        issue(['until'], messageOf(error));
      }
    });
  const look = async ({ action, params, until }: Intent, context: ReadContext): Promise<{ met: boolean; output: Json }> => {
    const reading = readingAction(find, action);
    if (reading === undefined) throw new FixpointError('rules.invalid', `this version has no action ${action} that reads`);
    const { output = null } = await reading.plan(reading.params.parse(params), { ...context, step: 'waitFor' });
    return { met: parseCondition(until)(output), output };
  };
  return defineAction<z.infer<typeof Params>, Intent>({
    name: 'flow.waitFor',
    summary: 'Wait until what a reading action gives meets a condition; the rung fails where that takes longer than its timeout.',
    effect: 'converge',
    isAside: true,
    holdsRest: true,
    literal: ['action', 'until'],
    params: Params,
    target: () => undefined,
    permissions: ({ action, with: params }) => {
      const reading = readingAction(find, action);
      const parsed = reading?.params.safeParse(params);
      return parsed?.success === true ? (reading?.permissions(parsed.data) ?? []) : [];
    },
    calls: ({ action, with: params }) => ({ action, params }),
    plan: ({ action, with: params, until }, { run }) =>
      Promise.resolve({
        intent: { action, params, until },
        changes: [{ what: `${action}: ${until}`, from: 'not asked', to: 'holds' }],
        target: `run/${run}`,
      }),
    apply: () => Promise.resolve({}),
    async settled(intent, context) {
      const { met, output } = await look(intent, context);
      return met ? { settled: true, output } : { settled: false, reason: `${intent.until} does not hold yet` };
    },
  });
}

function readingAction(find: (name: string) => AnyAction | undefined, name: string): Action | undefined {
  const action = find(name);
  return action?.effect === 'read' && action.isForPlanning !== true ? action : undefined;
}
