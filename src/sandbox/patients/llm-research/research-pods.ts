import type { Cluster } from '../../kubernetes/cluster.ts';
import { isReady, isTerminating } from '../../kubernetes/controllers/control.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import { listAt, numberAt, objectAt, textAt, textsAt } from '../../kubernetes/plain.ts';

/** A pod of the research API that takes requests. */
export interface ResearchPod {
  readonly uid: string;
  readonly image: string;
  /** The sandbox's time. */
  readonly createdAt: number;
  /** The part of all requests that goes to it, from 0 to 1. */
  readonly share: number;
}

const namespace = 'llm-research';
const app = 'llm-research-api';

/** The pods that are Ready and get requests: what the Service selects, and the canary as far as the VirtualService leads to it. */
export function servingPods(cluster: Pick<Cluster, 'get' | 'list' | 'createdAtMs'>): readonly ResearchPod[] {
  const service = cluster.get('Service', namespace, app);
  const live = readyPods(cluster, textsAt(service, 'spec', 'selector'));
  const canary = readyPods(cluster, { app, version: 'green' }).filter(({ uid }) => !live.some((pod) => pod.uid === uid));
  const weight = canary.length === 0 ? 0 : canaryWeight(cluster);
  const shared = (pods: readonly Omit<ResearchPod, 'share'>[], part: number) =>
    part === 0 ? [] : pods.map((pod) => ({ ...pod, share: part / pods.length }));
  return [...shared(live, 1 - weight), ...shared(canary, weight)];
}

/** The Deployment whose pods the Service selects. */
export function liveDeployment(cluster: Pick<Cluster, 'get' | 'list'>): KubernetesObject | undefined {
  const version = textsAt(cluster.get('Service', namespace, app), 'spec', 'selector')['version'];
  return cluster
    .list('Deployment', namespace)
    .find((each) => textsAt(each, 'spec', 'template', 'metadata', 'labels')['version'] === version);
}

/** All pods of the platform that have not ended and are not on their way out. */
export function standingPods(cluster: Pick<Cluster, 'list'>): readonly KubernetesObject[] {
  return cluster
    .list('Pod', namespace)
    .filter((pod) => !isTerminating(pod) && !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase')));
}

export function imageOf(deployment: KubernetesObject | undefined): string {
  return textAt(listAt(deployment, 'spec', 'template', 'spec', 'containers')[0], 'image');
}

function readyPods(
  cluster: Pick<Cluster, 'list' | 'createdAtMs'>,
  selector: Readonly<Record<string, string>>,
): readonly Omit<ResearchPod, 'share'>[] {
  if (Object.keys(selector).length === 0) return [];
  return cluster.list('Pod', namespace, selector).flatMap((pod) => {
    const createdAt = cluster.createdAtMs(pod);
    if (createdAt === undefined || !isReady(pod) || isTerminating(pod)) return [];
    return [{ uid: pod.metadata.uid ?? '', createdAt, image: textAt(listAt(pod, 'spec', 'containers')[0], 'image') }];
  });
}

function canaryWeight(cluster: Pick<Cluster, 'get'>): number {
  const routes = listAt(cluster.get('VirtualService', namespace, app), 'spec', 'http').flatMap((http) => listAt(http, 'route'));
  const canary = routes.find((route) => objectAt(route, 'destination')['subset'] === 'canary');
  return (numberAt(canary, 'weight') ?? 0) / 100;
}
