import type { Platform } from '../platform.ts';
import { autoscaler, configMap, deployment, service } from '../workload.ts';

const namespace = 'llm-research';

/** The image of the research API without its version. */
export const researchImage = 'llm-research/llm-research-api';

/** The size of the connection pool in the ConfigMap at the start. */
export const researchPoolSize = 20;

const researchApi = {
  namespace,
  name: 'llm-research-api',
  replicas: 3,
  image: `${researchImage}:1.4.2`,
  port: 8080,
  configMap: 'llm-research-config',
  resources: { cpu: '500m', memory: '1Gi' },
};

/** The LLM Research Lab. */
export const llmResearch: Platform = {
  name: 'llm-research',
  namespaces: [namespace],
  services: ['llm-research-api'],
  stores: { redis: [], postgres: [] },
  objects: [
    configMap(
      { namespace, name: 'llm-research-config' },
      { CONNECTION_POOL_SIZE: String(researchPoolSize), MAINTENANCE_MODE: 'false', LOG_LEVEL: 'info' },
    ),
    deployment(researchApi),
    service(researchApi),
    autoscaler(researchApi, { min: 3, max: 20 }),
  ],
};
