import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import { defineAction } from '../action.ts';
import { valueAt } from './field/path.ts';
import { isKnownKind, objectPermission, objectRef, objectShape } from './object-params.ts';
import { bounded, shownObject } from './shown-object.ts';
import { describeObject } from './workload.ts';

const Params = z
  .strictObject({
    ...objectShape,
    path: z
      .string()
      .regex(/^(\/[^/]*){1,20}$/, 'must be a JSON pointer, such as /status/conditions')
      .max(1000)
      .optional()
      .describe('A JSON pointer to the part that is wanted; it must be there.'),
  })
  .refine(...isKnownKind);

export const get = defineAction<z.infer<typeof Params>, null>({
  name: 'kubernetes.get',
  summary: 'Read any object but a Secret, or a part of one; what looks like a credential is hidden.',
  effect: 'read',
  output: 'the object, or the part of it that `path` names, for expressions: `steps.web.output.spec.replicas`',
  params: Params,
  target: () => undefined,
  permissions: (params) => [objectPermission(params)],
  async plan(params, { kubernetes, signal }) {
    const ref = objectRef(params);
    const object = shownObject(await kubernetes.get(ref, signal));
    if (params.path === undefined)
      return { intent: null, changes: [], output: bounded(object, '`path` names the part of it that is wanted') };
    const keys = params.path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const part = valueAt(object, keys);
    if (part === null) throw new FixpointError('target.missing', `${describeObject(ref)} has no ${params.path}`);
    return { intent: null, changes: [], output: bounded(part, '`path` must name a smaller part') };
  },
  apply: () => Promise.resolve(null),
});
