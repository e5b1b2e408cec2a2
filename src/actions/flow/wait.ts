import { z } from 'zod';
import { formatDuration } from '../../value/duration.ts';
import { defineAction } from '../action.ts';
import { lengthBetween, lengthOf } from '../length.ts';

const Params = z.strictObject({
  for: lengthBetween(1000, 3_600_000).describe('How long; the timeout of the rung has to be longer.'),
});

type Intent = { readonly length: number };

/** Time passes. It holds no worker: the engine asks now and then whether it is over. */
export const wait = defineAction<z.infer<typeof Params>, Intent>({
  name: 'flow.wait',
  summary: 'Let time pass before the rung goes on.',
  effect: 'converge',
  isAside: true,
  holdsRest: true,
  params: Params,
  target: () => undefined,
  permissions: () => [],
  plan: ({ for: text }, { run }) =>
    Promise.resolve({
      intent: { length: lengthOf(text) },
      changes: [{ what: 'time', from: 'now', to: `${formatDuration(lengthOf(text))} later` }],
      target: `run/${run}`,
    }),
  apply: ({ length }, { clock, speed = 1 }) => Promise.resolve({ until: clock.now() + length / speed }),
  settled({ length }, { clock, output }) {
    const until = typeof output === 'object' && output !== null && 'until' in output ? Number(output['until']) : clock.now() + length;
    const left = until - clock.now();
    return Promise.resolve(
      left <= 0 ? { settled: true } : { settled: false, reason: `waits ${formatDuration(Math.ceil(left / 1000) * 1000)} more` },
    );
  },
});
