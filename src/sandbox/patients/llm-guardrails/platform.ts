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
const served = [...models, guardrailServer, platformApi, webDashboard];

/** The LLM Guardrails Platform. */
export const llmGuardrails: Platform = {
  name: 'llm-guardrails',
  namespaces: [namespace],
  services: ['guardrail-server', 'platform-api'],
  stores: { redis: [], postgres: [] },
  objects: [
    configMap({ namespace, name: 'guardrail-server-config' }, { LATENCY_BUDGET_MS: '100', CACHE_TTL_SECONDS: '300' }),
    ...[postgresql, redis].map(statefulSet),
    ...[...served, ...workers].map(deployment),
    ...[postgresql, redis, ...served].map(service),
    autoscaler(guardrailServer, { min: 3, max: 10 }),
  ],
};
