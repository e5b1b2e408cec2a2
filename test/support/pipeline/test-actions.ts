import { z } from 'zod';
import { defineAction } from '../../../src/actions/action.ts';

const Params = z.strictObject({ name: z.string() });

/** An effect that cannot converge: every apply makes one more. */
export const ring = defineAction<z.infer<typeof Params>, { name: string }>({
  name: 'test.ring',
  summary: 'Ring a bell.',
  effect: 'once',
  params: Params,
  target: ({ name }) => ({ technology: 'kubernetes', cluster: 'default', namespace: 'shop', kind: 'configmap', name }),
  permissions: () => [],
  plan: ({ name }) => Promise.resolve({ intent: { name }, changes: [{ what: 'bell', from: 'silent', to: 'rung' }] }),
  async apply({ name }, { write, signal }) {
    const ref = { cluster: 'default', apiVersion: 'test/v1', kind: 'Bell', namespace: 'shop', name };
    await write.kubernetes.create(ref, {}, { signal });
    return { rung: name };
  },
});
