interface WorkloadWish {
  readonly kind?: 'Deployment' | 'StatefulSet';
  readonly name?: string;
  readonly namespace?: string;
  readonly replicas?: number;
  readonly volumes?: readonly unknown[];
  readonly containers?: readonly string[];
}

/** A workload whose pods carry `app` with its name. */
export function workloadOf({
  kind = 'Deployment',
  name = 'web',
  namespace = 'app',
  replicas = 2,
  volumes,
  containers = [name],
}: WorkloadWish = {}) {
  const template = {
    metadata: { labels: { app: name } },
    spec: {
      containers: containers.map((each) => ({ name: each, image: `registry.example/${each}:1` })),
      ...(volumes === undefined ? {} : { volumes }),
    },
  };
  const spec = { replicas, selector: { matchLabels: { app: name } }, template };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace, labels: { app: name } },
    spec: kind === 'StatefulSet' ? { ...spec, serviceName: name } : spec,
  };
}

export function budgetOf(name: string, minAvailable: number, namespace = 'app') {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace },
    spec: { minAvailable, selector: { matchLabels: { app: 'web' } } },
  };
}

export function loosePod(name: string, { labels = {}, annotations = {}, owner = '' } = {}) {
  const ownerReferences = owner === '' ? [] : [{ apiVersion: 'apps/v1', kind: owner, name: 'agent', uid: 'owner-uid', controller: true }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'app', labels, annotations, ownerReferences },
    spec: { containers: [{ name: 'main', image: 'registry.example/main:1' }] },
  };
}

const jobSpec = {
  backoffLimit: 0,
  template: { spec: { restartPolicy: 'Never', containers: [{ name: 'task', image: 'registry.example/task:1' }] } },
};

export const jobTemplate = jobSpec;

export const cronJob = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'backup', namespace: 'app' },
  spec: { schedule: '0 3 * * *', suspend: true, jobTemplate: { spec: jobSpec } },
};
