import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/actions/catalogue.ts';
import { examineClusters } from '../../../src/app/doctor/examine-clusters.ts';
import { rbacManifests } from '../../../src/app/rights/rbac-manifests.ts';
import { rightsOfRules } from '../../../src/app/rights/rights-of-rules.ts';
import { FixpointError } from '../../../src/errors.ts';
import { tokenOfAccount } from '../../../src/sandbox/kubernetes/access/account-token.ts';
import type { KubernetesObject } from '../../../src/sandbox/kubernetes/object.ts';
import { platforms } from '../../../src/sandbox/patients/catalogue.ts';
import { shippedRules } from '../../support/shipped-rules.ts';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';

const account = { namespace: 'fixpoint', name: 'fixpoint' };
const rules = shippedRules();
const { rights } = rightsOfRules(rules, { actions });

/** One for all, for the doctor changes nothing: only what is granted is another each time. */
const practice = new PracticeCluster({ token: tokenOfAccount(account.namespace, account.name) });
practice.add(...platforms.flatMap((platform) => platform.objects), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account });

async function examined(granted: typeof rights) {
  const { cluster, context, requests } = practice;
  const made = rbacManifests(granted, account).map((manifest) => cluster.create(manifest as unknown as KubernetesObject));
  try {
    const { kubernetes } = context;
    const findings = await examineClusters({ rules, actions, ownRights: [], kubernetes, signal: new AbortController().signal });
    expect(requests.filter((request) => !request.startsWith('GET') && !request.endsWith('/selfsubjectaccessreviews'))).toEqual([]);
    return findings.filter(({ verdict }) => verdict !== 'ok');
  } finally {
    for (const object of made) cluster.delete(object);
  }
}

describe('the rights that the doctor asks for', () => {
  it('are there with what fixpoint rbac prints', async () => {
    expect(await examined(rights)).toEqual([]);
  });

  it.each(
    rights.map(
      (right) => [`${right.verb} ${right.resource} ${right.name ?? ''} in ${right.namespace ?? 'all namespaces'}`, right] as const,
    ),
  )('are told when missing: %s', async (_what, missing) => {
    const findings = await examined(rights.filter((right) => right !== missing));
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      area: 'rights',
      verdict: 'problem',
      about: 'account in default',
      fix: 'fixpoint rbac --cluster default | kubectl apply -f -',
    });
    expect(findings[0]?.message).toMatch(
      new RegExp(`^may not ${missing.verb} ${missing.resource}.* in ${missing.namespace ?? 'all namespaces'}, which ${missing.rules[0]}`),
    );
  });
});

it('of a cluster that is not configured are one finding, with how many rules it concerns', async () => {
  const may = () => Promise.reject(new FixpointError('kubernetes.unavailable', 'cluster default: no kubeconfig was found'));
  const kubernetes = { ...practice.context.kubernetes, may };
  const findings = await examineClusters({ rules, actions, ownRights: [], kubernetes, signal: new AbortController().signal });
  expect(findings).toEqual([
    {
      area: 'rights',
      about: 'cluster default',
      verdict: 'problem',
      message: expect.stringMatching(/^no kubeconfig was found; \d{2} rules need it$/) as string,
      fix: 'mend clusters.default in fixpoint.yaml, or its credential',
    },
  ]);
});
