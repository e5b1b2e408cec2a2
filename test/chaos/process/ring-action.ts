import { z } from 'zod';
import { defineAction } from '../../../src/actions/action.ts';
import { FixpointError } from '../../../src/errors.ts';
import { senderHeader } from '../target-server.ts';
import { senderText } from './stint-context.ts';

const Params = z.strictObject({ name: z.string().regex(/^[a-z0-9-]+$/) });

/** An effect that cannot converge, sent by the real HTTP adapter: each request that arrives is one ring more. */
export const ring = defineAction<z.infer<typeof Params>, { name: string }>({
  name: 'chaos.ring',
  summary: 'Ring a bell.',
  effect: 'once',
  params: Params,
  // All bells are one target, as all paths of a service are.
  target: () => ({ technology: 'http', host: 'bells', port: 80 }),
  permissions: () => [],
  plan: ({ name }) => Promise.resolve({ intent: { name }, changes: [{ what: 'bell', from: 'silent', to: 'rung' }] }),
  async apply({ name }, { write, signal }) {
    const path = `/bells/${name}`;
    const request = { connection: 'bells', method: 'POST', path, headers: { [senderHeader]: senderText() }, timeoutMs: 500 } as const;
    const { status } = await write.http.send(request, signal);
    if (status !== 200) throw new FixpointError('http.unexpected-answer', `POST ${path}: HTTP ${status}`);
    return { rung: name };
  },
});
