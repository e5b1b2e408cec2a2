import { describe, expect, it } from 'vitest';
import type { GuardContext } from '../../../src/guards/guard.ts';
import { protectedTarget } from '../../../src/guards/protected-target.ts';
import type { KubernetesReader } from '../../../src/ports/kubernetes.ts';
import { contextOf, target } from './guard-context.ts';

describe('protectedTarget, of what is touched besides the target', () => {
  const node = target('kubernetes/default/-/node/n1');
  const affected = ['pod/web-1', 'deployment.apps/web'].map((name) => target(`kubernetes/default/shop/${name}`));
  const ask = async (given: Partial<GuardContext>) => await protectedTarget.evaluate?.(contextOf({ targets: [node], affected, ...given }));

  it.each([
    [{ targets: ['kubernetes/*/*/pod/web-*'], namespaces: [] }, 'pod/web-1 is protected by'],
    [{ targets: ['kubernetes/*/*/deployment.apps/web'], namespaces: [] }, 'deployment.apps/web is protected by'],
    [{ targets: [], namespaces: [], own: ['kubernetes/*/shop/*/web'] }, "deployment.apps/web is Fixpoint's own"],
    [{ targets: [], namespaces: ['shop'] }, 'namespace shop is protected'],
    [{ targets: [], namespaces: [], sourceNamespaces: ['bank'] }, 'source main may not touch namespace shop, only bank'],
  ])('denies by %j', async (protection, reason) => {
    expect(await ask({ protection })).toMatchObject({ decision: 'deny', reason: expect.stringContaining(reason) as string });
    expect(await ask({ protection: { targets: [], namespaces: [], sourceNamespaces: ['shop', '-'] } })).toMatchObject({
      decision: 'allow',
    });
  });

  it.each(['web', 'shop'])('denies by the annotation of %s, and does not ask hundreds of pods', async (annotated) => {
    const asked: string[] = [];
    const kubernetes: KubernetesReader = {
      ...contextOf().kubernetes,
      get: ({ kind, name }) => {
        asked.push(`${kind} ${name}`);
        const annotations: Readonly<Record<string, string>> = name === annotated ? { 'fixpoint.dev/protected': 'true' } : {};
        return Promise.resolve({ metadata: { name, uid: '1', resourceVersion: '1', annotations } });
      },
    };
    expect(await ask({ kubernetes })).toMatchObject({ decision: 'deny', reason: expect.stringContaining('is annotated') as string });
    expect(asked.toSorted()).toEqual(['Deployment web', 'Namespace shop', 'Node n1']);
  });
});
