import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import { defineAction } from '../action.ts';

const Params = z.strictObject({
  that: z.boolean().describe('A condition as one `${…}`, over the outputs of earlier steps, labels, parameters and values.'),
  otherwise: z.string().min(1).max(2000).describe('Why the rung is not tried where it does not hold.'),
});

/** Asked while planning, so that nothing has been changed where it does not hold. */
export const assert = defineAction<z.infer<typeof Params>, null>({
  name: 'flow.assert',
  summary: 'Fail the rung, saying why, unless a condition holds; it stands before the steps that change something.',
  effect: 'read',
  isForPlanning: true,
  params: Params,
  target: () => undefined,
  permissions: () => [],
  plan({ that, otherwise }) {
    if (!that) throw new FixpointError('flow.assertion-failed', otherwise);
    return Promise.resolve({ intent: null, changes: [], output: { held: true } });
  },
  apply: () => Promise.resolve(null),
});
