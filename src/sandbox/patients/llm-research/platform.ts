import type { KubernetesObject } from '../../kubernetes/object.ts';
import type { Platform } from '../platform.ts';
import { autoscaler, configMap, deployment, service } from '../workload.ts';

const namespace = 'llm-research';

/** The image of the research API without its version. */
export const researchImage = 'llm-research/llm-research-api';

/** The size of the connection pool in the ConfigMap at the start. */
export const researchPoolSize = 20;

/** What the platform wants to hear before it tells or does something; for practice only. */
export const researchKeys = { admin: 'practice-admin-key', bearer: 'Bearer practice-token' };

/** Serves at the start, as the blue one. */
const blue = {
  namespace,
  name: 'llm-research-api',
  replicas: 3,
  image: `${researchImage}:1.4.2`,
  port: 8080,
  labels: { version: 'blue' },
  selector: { app: 'llm-research-api', version: 'blue' },
  configMap: 'llm-research-config',
  resources: { cpu: '500m', memory: '1Gi' },
};

/** Stands by with the next version. */
const green = {
  ...blue,
  name: 'llm-research-api-green',
  image: `${researchImage}:1.5.0`,
  labels: { app: 'llm-research-api', version: 'green' },
  selector: { app: 'llm-research-api', version: 'green' },
};

const budget: KubernetesObject = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { namespace, name: 'llm-research-api' },
  spec: { minAvailable: 2, selector: { matchLabels: blue.selector } },
};

/** All requests go to what the Service selects, none to the canary. */
const virtualService: KubernetesObject = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { namespace, name: 'llm-research-api' },
  spec: {
    hosts: ['llm-research-api'],
    http: [
      {
        route: [
          { destination: { host: 'llm-research-api', subset: 'stable' }, weight: 100 },
          { destination: { host: 'llm-research-api', subset: 'canary' }, weight: 0 },
        ],
      },
    ],
  },
};

/** The LLM Research Lab. */
export const llmResearch: Platform = {
  name: 'llm-research',
  namespaces: [namespace],
  services: ['llm-research-api', 'llm-research-admin', 'llm-research-exporters', 'llm-research-channel'],
  connections: {
    'llm-research-api': { headers: { authorization: researchKeys.bearer } },
    'llm-research-admin': { headers: { 'x-admin-key': researchKeys.admin }, endpoints: `default/${namespace}/llm-research-api` },
  },
  stores: { redis: [], postgres: ['llm-research'] },
  objects: [
    configMap(
      { namespace, name: 'llm-research-config' },
      { CONNECTION_POOL_SIZE: String(researchPoolSize), MAINTENANCE_MODE: 'false', LOG_LEVEL: 'info' },
    ),
    deployment(blue),
    deployment(green),
    service(blue),
    autoscaler(blue, { min: 3, max: 20 }),
    budget,
    virtualService,
  ],
};
