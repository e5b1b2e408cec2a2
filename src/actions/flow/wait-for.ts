import { z } from 'zod';
import { FixpointError, messageOf } from '../../errors.ts';
import type { Json } from '../../value/json.ts';
import { formatDuration, type Duration } from '../../value/duration.ts';
import { lengthBetween, lengthOf } from '../length.ts';
import { defineAction, type Action, type AnyAction, type ReadContext } from '../action.ts';
import { parseCondition } from './condition.ts';

/** Characters of what was seen, in a reason. */
const longestTold = 200;

type Intent = { readonly action: string; readonly params: Json; readonly until: string; readonly holds?: Duration };

/** Waits until a reading action gives what is wanted, or watches that it goes on doing so. `find` knows the other actions. */
export function makeWaitFor(find: (name: string) => AnyAction | undefined) {
  const Params = z
    .strictObject({
      action: z.string().describe('An action that reads.'),
      with: z.record(z.string(), z.json()).default({}).describe('Its parameters.'),
      until: z.string().min(1).max(1000).describe('CEL over `output`, what that action gives: `output.lag < 100`.'),
      holds: lengthBetween(1000, 3_600_000)
        .optional()
        .describe(
          'How long it must hold from the first: once it does not, the rung fails at once. The timeout of the rung has to be longer.',
        ),
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
    summary:
      'Wait until what a reading action gives meets a condition, or watch for a time that it goes on to; the rung fails where that takes longer than its timeout.',
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
    plan: ({ action, with: params, until, holds }, { run }) =>
      Promise.resolve({
        intent: { action, params, until, ...(holds === undefined ? {} : { holds: lengthOf(holds) }) },
        changes: [{ what: `${action}: ${until}`, from: 'not asked', to: holds === undefined ? 'holds' : `holds for ${holds}` }],
        target: `run/${run}`,
      }),
    apply: ({ holds }, { clock, speed = 1 }) => Promise.resolve<Json>(holds === undefined ? {} : { until: clock.now() + holds / speed }),
    async settled(intent, context) {
      const { met, output } = await look(intent, context);
      if (intent.holds === undefined)
        return met ? { settled: true, output } : { settled: false, reason: `${intent.until} does not hold yet` };
      if (!met) return { settled: 'failed', reason: `${intent.until} holds no longer: ${JSON.stringify(output).slice(0, longestTold)}` };
      const left = endOf(context.output) - context.clock.now();
      return left <= 0
        ? { settled: true, output }
        : { settled: false, reason: `watches for ${formatDuration(Math.ceil(left / 1000) * 1000)} more that ${intent.until}` };
    },
  });
}

/** What apply gave: until when it has to hold. */
function endOf(output: Json): number {
  return typeof output === 'object' && output !== null && 'until' in output ? Number(output['until']) : Infinity;
}

function readingAction(find: (name: string) => AnyAction | undefined, name: string): Action | undefined {
  const action = find(name);
  return action?.effect === 'read' && action.isForPlanning !== true ? action : undefined;
}
