import { listAt, objectAt } from '../../../src/sandbox/kubernetes/plain.ts';
import { accessRecordings } from './access-recordings.ts';
import { deployment, webTemplate, type Recording } from './recording.ts';
import { readTranscript } from './transcript.ts';

const kubeletEvents = "the Events are those of the recording's scheduler and kubelet";
const controllerEvents = "the Events are those of the recording's controllers";
const oneByOne = "the recording's kubelet ends one pod a second";
const otherOrder = "the recording's controllers came to it in another order";
const notShown = 'its body was not recorded';
const autoscalerEvents = "the Events are those of the recording's autoscaler without metrics";
const colours = 'pods and Deployments of the two colours were made before the recording began';
const groups = "the groups are those of the recording's server";
const aggregated = 'APIs of other servers are not simulated';
const notCompacted = 'the history is not compacted by hand';

/** What the sandbox is held to; a recording not listed here shows what the sandbox does not simulate. */
export const recordings: readonly Recording[] = [
  ...accessRecordings,
  {
    name: '01-deployments-get-list',
    equal: 41,
    reasons: { 'answers are JSON only': 1 },
    leftOut: ({ request }) => (request.headers['accept'] === 'application/yaml' ? 'answers are JSON only' : undefined),
  },
  {
    name: '02-scale',
    equal: 34,
    reasons: {},
    before: {
      32: (cluster) => {
        const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db', image: 'registry.example/db:1' }] } };
        const spec = { serviceName: 'db', replicas: 1, selector: { matchLabels: { app: 'db' } }, template };
        cluster.create({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db', namespace: 't02' }, spec });
      },
    },
  },
  { name: '03-rollout-restart', equal: 10, reasons: {} },
  { name: '03b-rollout-restart-kubectl', equal: 16, reasons: {} },
  {
    name: '04-progress-deadline-exceeded',
    equal: 11,
    reasons: { [kubeletEvents]: 1 },
    leftOut: ({ request }) => (request.path.endsWith('/events') ? kubeletEvents : undefined),
  },
  { name: '04b-rollout-undo', equal: 43, reasons: {} },
  {
    name: '05-statefulset',
    equal: 26,
    reasons: {},
    before: { 22: (_, clock) => clock.advance(20) },
  },
  { name: '05b-statefulset-stuck-rollback', equal: 13, reasons: {} },
  {
    name: '06-set-image-env-resources',
    equal: 33,
    reasons: {},
    isStatusLeftOut: true,
    seeds: [
      deployment('t06', {
        replicas: 1,
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              {
                name: 'web',
                image: 'registry.example/web:1.0',
                env: [
                  { name: 'A', value: '1' },
                  { name: 'B', value: '2' },
                ],
                resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
              },
              { name: 'sidecar', image: 'registry.example/sidecar:1.0' },
            ],
          },
        },
      }),
    ],
  },
  { name: '07-configmap-patch', equal: 30, reasons: {} },
  { name: '05c-daemonset-restart', equal: 14, reasons: {}, nodes: ['fake-node-1'] },
  {
    name: '08-hpa',
    equal: 18,
    reasons: { [autoscalerEvents]: 1, 'the sandbox does not simulate autoscaling/v1': 1 },
    seeds: [deployment('t08', { replicas: 3 })],
    leftOut: ({ request }) => (request.path.endsWith('/events') ? autoscalerEvents : undefined),
  },
  {
    name: '09-service-blue-green',
    equal: 11,
    reasons: {
      'the sandbox does not simulate the resource endpoints': 4,
      [colours]: 7,
    },
    seeds: ['blue', 'green'].map((version) => {
      const labels = { app: 'app', version };
      const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'registry.example/web:1.0' }] } };
      return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: `app-${version}`, namespace: 't09' },
        spec: { replicas: 2, selector: { matchLabels: labels }, template },
      };
    }),
    leftOut: ({ request }) => (/\/deployments\/|\/pods$|\/endpointslices$/.test(request.path) ? colours : undefined),
  },
  {
    name: '14-metrics-absent',
    equal: 10,
    reasons: { 'the sandbox does not simulate the API group apiregistration.k8s.io': 3, [groups]: 1, [aggregated]: 2 },
    leftOut: (_, index) => (index === 9 ? groups : index === 12 || index === 13 ? aggregated : undefined),
  },
  {
    name: '10-eviction',
    equal: 26,
    reasons: { [otherOrder]: 1 },
    leftOut: (_, index) => (index === 19 ? otherOrder : undefined),
    seeds: [deployment('t10', { replicas: 2 })],
    before: {
      // The replacement of the first evicted pod, which no recorded answer lists.
      12: (cluster, clock, names) => {
        clock.advance(20);
        const known = new Set(names.values());
        const fresh = cluster.list('Pod', 't10').find(({ metadata }) => !known.has(metadata.name));
        names.set('web-ccdc697cd-ggxjt', fresh?.metadata.name ?? '');
      },
      17: (_, clock) => clock.advance(20),
      19: (_, clock) => clock.advance(20),
      // The recording's second budget, which none of its exchanges made.
      21: (cluster) =>
        void cluster.create({
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'web2', namespace: 't10' },
          spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
        }),
    },
  },
  {
    name: '11-node-cordon',
    equal: 33,
    reasons: { [kubeletEvents]: 1, [oneByOne]: 2 },
    seeds: [readTranscript('11-node-cordon').exchanges[0]?.response.body, deployment('t11', { replicas: 2 })],
    nodes: [],
    leftOut: ({ request }, index) =>
      request.path.endsWith('/events') ? kubeletEvents : index === 30 || index === 31 ? oneByOne : undefined,
  },
  {
    name: '12-cronjob-job',
    equal: 21,
    reasons: { [notShown]: 2, [controllerEvents]: 1 },
    before: {
      16: (cluster) => {
        const { uid } = cluster.get('CronJob', 't12', 'backup')?.metadata ?? {};
        const template = {
          spec: { restartPolicy: 'Never', containers: [{ name: 'backup', image: 'registry.example/backup:1', args: ['run'] }] },
        };
        const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'backup', uid: uid ?? '', controller: true }];
        const metadata = {
          name: 'backup-run-0006',
          namespace: 't12',
          annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
          ownerReferences,
        };
        cluster.create({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { backoffLimit: 1, template } });
      },
      // The recording began late in its minute.
      20: (_, clock) => clock.advance(20_000),
    },
    leftOut: ({ request }) =>
      typeof request.body === 'string' ? notShown : request.path.endsWith('/events') ? controllerEvents : undefined,
  },
  {
    name: '13-pods-logs-events',
    equal: 21,
    reasons: { [kubeletEvents]: 4 },
    leftOut: ({ request }) => (request.path.endsWith('/events') ? kubeletEvents : undefined),
  },
  {
    name: '16-watch-list',
    equal: 21,
    reasons: { [notCompacted]: 3 },
    isSeededBySeedsOnly: true,
    watches: [
      'label selector set=odd, from the list',
      'all, bookmarks, timeoutSeconds=8',
      'no resourceVersion',
      'resourceVersion=0',
      'one object',
      'sendInitialEvents',
      'resourceVersion far in the future',
      'watch of a missing namespace',
    ],
    seeds: readTranscript('16-watch-list')
      .exchanges.slice(0, 3)
      .flatMap(({ response }) => listAt(response.body, 'items'))
      .map((item) => ({ ...item, apiVersion: 'v1', kind: 'ConfigMap' })),
    before: {
      1: (cluster) =>
        void cluster.create({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'aaa-new', namespace: 't16' },
          data: { k: 'aaa-new' },
        }),
    },
    leftOut: ({ note = '' }) =>
      note.startsWith('after compaction') || note.startsWith('going on with that token') ? notCompacted : undefined,
  },
  {
    name: '22-paused-rollout',
    equal: 17,
    reasons: {},
    seeds: [deployment('t22', { replicas: 2 })],
    arrange: (cluster) => {
      const found = cluster.get('Deployment', 't22', 'web');
      if (found !== undefined)
        cluster.update(found, (web) => ({ ...web, spec: { ...objectAt(web, 'spec'), template: webTemplate('registry.example/web:2.0') } }));
    },
  },
];
