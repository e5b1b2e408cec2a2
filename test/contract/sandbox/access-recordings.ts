import { tokenOfAccount, writeToken } from '../../../src/sandbox/kubernetes/access/account-token.ts';
import type { KubernetesObject } from '../../../src/sandbox/kubernetes/object.ts';
import { objectAt } from '../../../src/sandbox/kubernetes/plain.ts';
import { deployment, webTemplate, type Recording } from './recording.ts';

const shortened = 'shortened in the recording';
const impersonated = 'impersonation is not simulated';
const stillKnown = 'a deleted account is not known for ten seconds more';
const escalation = 'whoever may write roles may grant anything';
const early = "its pods were not ready yet at the recording's speed";
const otherAdmission = 'admission other than quotas, and the end of namespaces, are not simulated';

const scrubbed = '<scrubbed-token>';
const tokenForOthers = writeToken({
  namespace: 't15',
  name: 'robot',
  audiences: ['https://my-app.example'],
  until: Date.UTC(2027, 0),
  id: '00000000-0000-4000-8000-000000000000',
});

/** The recordings of who may do what, and of what is admitted. */
export const accessRecordings: readonly Recording[] = [
  {
    name: '15-authn-authz',
    equal: 46,
    reasons: {
      [shortened]: 2,
      [impersonated]: 2,
      [stillKnown]: 1,
      'the sandbox does not simulate the API group authorization.k8s.io': 2,
    },
    seeds: [
      deployment('t15', { replicas: 1 }),
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace: 't15' } },
    ],
    // The recording does not show tokens: these are what its notes say of each.
    before: {
      35: (_, __, names) => void names.set(scrubbed, tokenOfAccount('t15', 'robot')),
      39: (_, __, names) => void names.set(scrubbed, tokenForOthers),
      41: (_, __, names) => void names.set(scrubbed, tokenOfAccount('t15', 'robot')),
      42: (_, __, names) => void names.set(scrubbed, 'dev'),
      52: (_, __, names) => void names.set(scrubbed, tokenOfAccount('t15', 'robot')),
      50: (cluster) => cluster.delete({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace: 't15' } }),
    },
    leftOut: ({ request, note = '' }, index) => {
      if (index === 2 || index === 4) return shortened;
      if ('impersonate-user' in request.headers) return impersonated;
      return note.startsWith('token of a ServiceAccount deleted') ? stillKnown : undefined;
    },
  },
  {
    name: '20-rbac-resourcenames',
    equal: 30,
    reasons: { 'the sandbox does not simulate server-side apply': 1, [escalation]: 1, [early]: 1 },
    isStatusLeftOut: true,
    seeds: ['web', 'api'].map((name) => {
      const labels = { app: name };
      const template = {
        metadata: { labels },
        spec: { containers: [{ name: name === 'api' ? 'app' : name, image: 'registry.example/web:1.0' }] },
      };
      const spec = { replicas: name === 'api' ? 2 : 1, selector: { matchLabels: labels }, template };
      return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 't20', labels }, spec };
    }),
    before: {
      // The server-side apply that is left out.
      14: (cluster, clock) => {
        const web = cluster.get('Deployment', 't20', 'web');
        if (web !== undefined) cluster.update(web, (each) => ({ ...each, spec: { ...objectAt(each, 'spec'), replicas: 1 } }));
        clock.advance(2_000);
      },
    },
    leftOut: ({ note = '' }, index) => (note.startsWith('escalation is refused') ? escalation : index === 5 ? early : undefined),
  },
  {
    name: '21-admission-dryrun',
    equal: 16,
    reasons: { [otherAdmission]: 20 },
    seeds: [deployment('t21', { replicas: 1 })],
    before: {
      6: (cluster, _, names) => void names.set('web-ccdc697cd-lmpfx', cluster.list('Pod', 't21')[0]?.metadata.name ?? ''),
      // What the exchanges that are left out have made.
      16: (cluster, clock) => {
        for (const image of ['registry.example/web:2.0', 'registry.example/web:1.0']) {
          const web = cluster.get('Deployment', 't21', 'web');
          if (web !== undefined)
            cluster.update(web, (each) => ({ ...each, spec: { ...objectAt(each, 'spec'), template: webTemplate(image) } }));
          clock.advance(3_000);
        }
        const containers = [{ name: 'main', image: 'registry.example/a:1', resources: { limits: { memory: '256Mi' } } }];
        cluster.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'defaults', namespace: 't21' }, spec: { containers } });
      },
      17: (_, clock) => clock.advance(1_500),
      19: (_, clock) => clock.advance(2_500),
      22: (cluster) => {
        const second = JSON.parse(JSON.stringify(deployment('t21', { replicas: 0 })).replaceAll('"web"', '"second"')) as KubernetesObject;
        cluster.create(second);
      },
    },
    leftOut: (_, index) => ((index > 7 && index < 16) || index > 23 ? otherAdmission : undefined),
  },
];
