import type { Platform } from '../platform.ts';
import { autoscaler, deployment, service, statefulSet } from '../workload.ts';

const namespace = 'safety-system';

/** The image of the screening service without its version. */
export const screeningImage = 'safety/risk-screening';

/** How many replicas the services start with. */
export const safetyReplicas = {
  'event-ingestion': 3,
  'risk-screening': 3,
  'embedding-context': 2,
  'reasoning': 3,
  'action-executor': 2,
  'session-manager': 2,
  'reporting': 1,
} as const;
export type SafetyService = keyof typeof safetyReplicas;
export const safetyServices = Object.keys(safetyReplicas) as readonly SafetyService[];

/** The streams and the service that consumes each; its consumer group has the service's name. */
export const safetyStreams = { 'events:raw': 'risk-screening', 'events:reasoning_queue': 'reasoning' } as const;
export type SafetyStream = keyof typeof safetyStreams;

/** The image that a service has at the start. */
export function firstImageOf(name: SafetyService): string {
  return name === 'risk-screening' ? `${screeningImage}:3.2.0` : `safety/${name}:2.8.1`;
}

const workload = (name: SafetyService) => ({
  namespace,
  name,
  replicas: safetyReplicas[name],
  image: firstImageOf(name),
  port: 8000,
  resources: { cpu: '500m', memory: '1Gi' },
});
const services = safetyServices.map(workload);
const stores = [
  { namespace, name: 'postgresql', replicas: 1, image: 'postgres:15.8', port: 5432 },
  { namespace, name: 'redis', replicas: 1, image: 'redis:7.4', port: 6379 },
  { namespace, name: 'qdrant', replicas: 1, image: 'qdrant/qdrant:v1.16.0', port: 6333 },
];

/** The AI-Powered Safety System. */
export const safetySystem: Platform = {
  name: 'safety-system',
  namespaces: [namespace],
  services: [...safetyServices, 'qdrant', 'safety-kube-state'],
  stores: { redis: ['safety-events'], postgres: [] },
  objects: [
    ...stores.map(statefulSet),
    ...services.map(deployment),
    ...[...stores, ...services].map(service),
    autoscaler(workload('risk-screening'), { min: 3, max: 20 }),
  ],
};
