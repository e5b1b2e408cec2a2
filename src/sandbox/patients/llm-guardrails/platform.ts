import type { KubernetesObject } from '../../kubernetes/object.ts';
import type { Platform } from '../platform.ts';
import { autoscaler, configMap, deployment, service, statefulSet, type Workload } from '../workload.ts';

const namespace = 'guardrails-platform';

/** The models as breakers and labels name them; their Deployments are called `model-<name>`. */
export const guardrailModels = ['prompt-guard', 'pii-detect', 'hate-detect', 'content-class'] as const;

export const promptGuardReplicas = 3;

const models = guardrailModels.map((model) => ({
  namespace,
  name: `model-${model}`,
  replicas: model === 'prompt-guard' ? promptGuardReplicas : 2,
  image: `guardrails/model-${model}:2.3.0`,
  port: 8080,
  labels: { type: 'ml-model' },
  resources: { cpu: '1', memory: '2Gi' },
}));
const guardrailServer = {
  namespace,
  name: 'guardrail-server',
  replicas: 3,
  image: 'guardrails/guardrail-server:4.1.2',
  port: 8000,
  configMap: 'guardrail-server-config',
};
const platformApi = { namespace, name: 'platform-api', replicas: 2, image: 'guardrails/platform-api:4.1.2', port: 8080 };
const webDashboard = { namespace, name: 'web-dashboard', replicas: 1, image: 'guardrails/web-dashboard:4.1.2', port: 3000 };
const workers: readonly Workload[] = [
  { namespace, name: 'analytics-worker', replicas: 2, image: 'guardrails/platform-api:4.1.2' },
  { namespace, name: 'celery-beat', replicas: 1, image: 'guardrails/platform-api:4.1.2' },
];
const postgresql = { namespace, name: 'postgresql', replicas: 2, image: 'postgres:15.8', port: 5432 };
const redis = { namespace, name: 'redis', replicas: 1, image: 'redis:7.4', port: 6379 };
/** A Job prepared to be run by hand, or by a remediation: here nothing happens by the hour, for a sandbox left alone sets no timers. */
const preparedJob = (name: string, command: readonly string[]): KubernetesObject => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { namespace, name },
  spec: {
    schedule: '0 2 * * *',
    suspend: true,
    concurrencyPolicy: 'Forbid',
    jobTemplate: {
      spec: {
        backoffLimit: 0,
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [{ name: 'job', image: 'guardrails/operations:1.8.0', command }],
          },
        },
      },
    },
  },
});

/** The CronJobs that make backups, and whose Job restores the latest of them. */
export const backupCronJob = 'postgresql-backup';
export const restoreCronJob = 'postgresql-restore';

const jobs: readonly KubernetesObject[] = [
  preparedJob(backupCronJob, ['backup', '--to', 's3://guardrails-backups/postgresql']),
  preparedJob(restoreCronJob, ['restore', '--latest', '--from', 's3://guardrails-backups/postgresql']),
  preparedJob('redis-dump-upload', ['upload', '/data/dump.rdb', 's3://guardrails-backups/redis']),
  preparedJob('rotate-secrets', ['rotate', '--secrets', 'platform-api,web-dashboard']),
];
const served = [...models, guardrailServer, platformApi, webDashboard];

/** The LLM Guardrails Platform. */
export const llmGuardrails: Platform = {
  name: 'llm-guardrails',
  namespaces: [namespace],
  services: ['guardrail-server', 'platform-api'],
  stores: { redis: ['guardrails-cache'], postgres: [] },
  commands: { 'promote-standby': ['pg_ctlcluster', '15', 'main', 'promote'] },
  objects: [
    configMap({ namespace, name: 'guardrail-server-config' }, { LATENCY_BUDGET_MS: '100', CACHE_TTL_SECONDS: '300' }),
    ...[postgresql, redis].map(statefulSet),
    ...[...served, ...workers].map(deployment),
    ...[postgresql, redis, ...served].map(service),
    autoscaler(guardrailServer, { min: 3, max: 10 }),
    ...jobs,
  ],
};
