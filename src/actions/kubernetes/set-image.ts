import { z } from 'zod';
import { defineAction } from '../action.ts';
import { ContainerName, containerOf, pathInContainer } from './container.ts';
import { textOf } from './field/path.ts';
import { applyTemplate, planTemplate, rolloutSettled, templatePermissions, type TemplateIntent } from './template-change.ts';
import { describeWorkload } from './workload.ts';
import { declaredTarget, namesOne, workloadShape } from './workload-params.ts';

const Params = z
  .strictObject({
    ...workloadShape,
    container: ContainerName,
    image: z
      .string()
      .regex(/^[a-zA-Z0-9][-a-zA-Z0-9._/:@]{0,500}$/, 'must be the name of an image (registry/name:tag or registry/name@digest)')
      .describe('The image that the container gets.'),
  })
  .refine(...namesOne);

export const setImage = defineAction<z.infer<typeof Params>, TemplateIntent>({
  name: 'kubernetes.setImage',
  summary: 'Set the image of a container and roll it out.',
  effect: 'converge',
  output: '`{ image, generation }`',
  params: Params,
  target: declaredTarget,
  permissions: templatePermissions,
  plan: (params, context) =>
    planTemplate(params, context, (object, workload) => {
      const { name, ...container } = containerOf(object, params.container, describeWorkload(workload));
      const from = typeof container['image'] === 'string' ? container['image'] : null;
      const field = { path: pathInContainer(name, 'image'), what: `container ${name} image`, from, to: params.image };
      if (from === null) return Promise.resolve({ fields: [field] });
      const inverse = { action: 'kubernetes.setImage', with: { ...workload, container: name, image: from } };
      return Promise.resolve({ fields: [field], inverse });
    }),
  async apply(intent, context) {
    const images = intent.fields.map(({ to }) => textOf(to));
    const generation = await applyTemplate(intent, context, { reason: 'ImageSet', what: `image ${images.join(', ')}` });
    return { image: images[0] ?? null, generation };
  },
  settled: rolloutSettled,
});
