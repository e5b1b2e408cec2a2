import { z } from 'zod';
import { defineAction } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { eventsOf } from './object-events.ts';

const Params = z
  .strictObject({
    cluster: ClusterName,
    namespace: Namespace,
    kind: z
      .string()
      .regex(/^[A-Z][A-Za-z0-9]{0,62}$/, 'must be a kind, such as Pod or Deployment')
      .optional()
      .describe('The kind of the object that Events are about; with `name`.'),
    name: ObjectName.optional().describe('The name of that object. Both left out: all Events of the namespace.'),
    type: z.enum(['Normal', 'Warning']).optional().describe('Only Events of this type.'),
    limit: z.int().min(1).max(200).default(30).describe('How many are told, the newest first; all are counted.'),
  })
  .refine(({ kind, name }) => (kind === undefined) === (name === undefined), 'must have both kind and name or neither');

export const events = defineAction<z.infer<typeof Params>, null>({
  name: 'kubernetes.events',
  summary: 'Read the Events of an object or a namespace, the newest first.',
  effect: 'read',
  output: '`{ total, warnings, events: [{ at, type, reason, object, count, message }] }`',
  params: Params,
  target: () => undefined,
  permissions: ({ cluster, namespace }) => [{ cluster, namespace, apiGroup: '', resource: 'events', verbs: ['list'] }],
  async plan({ cluster, namespace, kind, name, type, limit }, { kubernetes, signal }) {
    const about = kind === undefined || name === undefined ? {} : { about: { kind, name } };
    const found = await eventsOf(kubernetes, { cluster, namespace, ...about, signal });
    const wanted = type === undefined ? found : found.filter((event) => event.type === type);
    const output = {
      total: wanted.length,
      warnings: wanted.filter((event) => event.type === 'Warning').length,
      events: wanted.slice(0, limit).map((event) => ({ ...event })),
    };
    return { intent: null, changes: [], output };
  },
  apply: () => Promise.resolve(null),
});
