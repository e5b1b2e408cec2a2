import type { Cluster } from '../../kubernetes/cluster.ts';
import { isReady } from '../../kubernetes/controllers/control.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import type { Fault } from '../fault.ts';
import type { FaultKind } from '../fault-book.ts';
import { llmResearch, researchImage } from './platform.ts';
import { exhaustedAbove, fullestPool, latencyOf, sessionsToHold, slowAbove, type ResearchCondition } from './research-load.ts';
import { imageOf, liveDeployment, standingPods } from './research-pods.ts';
import type { ResearchSessions } from './research-sessions.ts';

const namespace = llmResearch.namespaces[0];

interface DeploymentSpec {
  readonly template: { readonly spec: { readonly containers: readonly object[] } };
}

/** The versions that were released and answer with errors. */
export class ResearchRevisions {
  readonly #cluster: Cluster;
  #released = 0;
  #mended = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  isBad(image: string): boolean {
    const number = Number(new RegExp(`^${researchImage}:1\\.5\\.(\\d+)$`).exec(image)?.[1] ?? 0);
    return number > this.#mended && number <= this.#released;
  }

  /** What was released until now works from now on. */
  mend(): void {
    this.#mended = this.#released;
  }

  /** Each time a version that was not there before. */
  release(deployment: KubernetesObject | undefined): void {
    if (deployment === undefined) return;
    this.#released += 1;
    const image = `${researchImage}:1.5.${this.#released}`;
    this.#cluster.update(deployment, (live) => {
      const spec = live['spec'] as DeploymentSpec;
      const containers = spec.template.spec.containers.map((container, index) => (index === 0 ? { ...container, image } : container));
      return { ...live, spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, containers } } } };
    });
  }
}

interface FaultWorld {
  readonly cluster: Cluster;
  readonly revisions: ResearchRevisions;
  readonly sessions: ResearchSessions | undefined;
  readonly condition: () => ResearchCondition;
  readonly resetPool: () => void;
}

/** How each fault comes and what ends it. */
export function researchFaults({ cluster, revisions, sessions, condition, resetPool }: FaultWorld): Readonly<Record<string, FaultKind>> {
  const isServing = (): boolean => condition().pods.length > 0;
  const isRoomy = (): boolean => {
    const { active, size } = fullestPool(condition());
    return isServing() && active / size <= exhaustedAbove;
  };
  const isWell = (deployment: KubernetesObject | undefined): boolean => !revisions.isBad(imageOf(deployment));
  return {
    // Requests want more connections than a pod may have.
    'pool-exhausted': { isLasting: true, onset: resetPool, isCured: isRoomy },
    // Somebody has begun transactions and gone away; there have to be real ones.
    'idle-transactions': {
      isLasting: false,
      labels: () => (sessions === undefined ? undefined : {}),
      onset: () => sessions?.open(sessionsToHold),
      isCured: () => sessions?.hasOpened === true && sessions.state?.held === 0,
    },
    // Four times the usual requests.
    'high-latency': {
      isLasting: true,
      isCured: () => isServing() && latencyOf(condition()).median * Math.exp(1.645 * 0.5) <= slowAbove,
    },
    // What serves was replaced by a version that fails.
    'high-error-rate': {
      isLasting: false,
      onset: () => revisions.release(liveDeployment(cluster)),
      isCured: () => isServing() && isWell(liveDeployment(cluster)) && condition().pods.every(({ image }) => !revisions.isBad(image)),
    },
    // The colour that stands by was replaced by a version that fails: it shows only when requests get there.
    'bad-standby': {
      isLasting: false,
      onset: () => revisions.release(standby(cluster)),
      isCured: () => isWell(standby(cluster)),
    },
    // A service that the API calls is down; requests wait for it in every pod whose breaker is closed.
    'dependency-outage': {
      isLasting: true,
      isCured: () => isServing() && condition().breakers.closedShare(condition().pods, 'openai-api') === 0,
    },
    // One pod is there and does not become ready; the one that takes its place does.
    'pod-not-ready': {
      isLasting: false,
      labels: ({ pod }) => {
        const found = readyLivePods(cluster).find((each) => pod === undefined || each.metadata.name === pod);
        return found === undefined ? undefined : { pod: found.metadata.name };
      },
      onset: ({ labels }) => cluster.setPodReady(namespace, labels['pod'] ?? '', false),
      isCured: (fault) => isReplaced(cluster, fault),
    },
  };
}

function standby(cluster: Cluster): KubernetesObject | undefined {
  const live = liveDeployment(cluster)?.metadata.name;
  return cluster.list('Deployment', namespace).find(({ metadata }) => metadata.name !== live);
}

/** Pods of what serves that are ready. */
export function readyLivePods(cluster: Cluster): readonly KubernetesObject[] {
  const version = liveDeployment(cluster)?.metadata.labels?.['version'];
  return standingPods(cluster).filter((pod) => isReady(pod) && pod.metadata.labels?.['version'] === version);
}

function isReplaced(cluster: Cluster, { labels }: Fault): boolean {
  return !standingPods(cluster).some(({ metadata }) => metadata.name === labels['pod']);
}
