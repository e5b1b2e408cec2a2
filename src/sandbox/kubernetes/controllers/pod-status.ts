import type { KubernetesObject } from '../object.ts';
import { listAt, objectAt, textAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { contentHash } from '../../../value/json.ts';
import { timestamp } from '../timestamp.ts';

/** Where a pod's containers are. */
export type Stage =
  | { readonly at: 'starting' }
  | { readonly at: 'running'; readonly isReady: boolean }
  | { readonly at: 'image-missing' }
  | { readonly at: 'crashed'; readonly restarts: number }
  | { readonly at: 'ended'; readonly exitCode: number };

/** A pod's status at a stage; what did not change keeps its times. */
export function podStatus(pod: KubernetesObject, stage: Stage, now: number): PlainObject {
  const isReady = stage.at === 'running' && stage.isReady;
  const before = listAt(pod, 'status', 'conditions');
  const condition = (type: string, isTrue: boolean): PlainObject => {
    const status = isTrue ? 'True' : 'False';
    const known = before.find((other) => other['type'] === type && other['status'] === status);
    const notReady = isTrue
      ? {}
      : stage.at === 'ended'
        ? { reason: stage.exitCode === 0 ? 'PodCompleted' : 'PodFailed' }
        : { reason: 'ContainersNotReady', message: `containers with unready status: [${containerNames(pod).join(' ')}]` };
    return { type, status, lastProbeTime: null, lastTransitionTime: known?.['lastTransitionTime'] ?? timestamp(now), ...notReady };
  };
  const address = addressOf(pod);
  return {
    phase: phaseAt(stage),
    conditions: [
      condition('PodReadyToStartContainers', true),
      condition('Initialized', true),
      condition('Ready', isReady),
      condition('ContainersReady', isReady),
      condition('PodScheduled', true),
      ...before.filter((other) => other['type'] === 'DisruptionTarget'),
    ],
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: objectAt(pod, 'status')['startTime'] ?? timestamp(now),
    containerStatuses: listAt(pod, 'spec', 'containers').map((container) => containerStatus(pod, { container, stage, now })),
    qosClass: textAt(pod, 'status', 'qosClass'),
  };
}

function phaseAt(stage: Stage): string {
  if (stage.at === 'ended') return stage.exitCode === 0 ? 'Succeeded' : 'Failed';
  return stage.at === 'starting' || stage.at === 'image-missing' ? 'Pending' : 'Running';
}

export function containerNames(pod: KubernetesObject): readonly string[] {
  return listAt(pod, 'spec', 'containers').map((container) => textAt(container, 'name'));
}

function addressOf(pod: KubernetesObject): string {
  const known = textAt(pod, 'status', 'podIP');
  if (known !== '') return known;
  const hash = Number.parseInt(contentHash(pod.metadata.uid, 2), 16);
  return `10.244.${hash >> 8}.${hash & 255}`;
}

function containerStatus(
  pod: KubernetesObject,
  { container, stage, now }: { readonly container: PlainObject; readonly stage: Stage; readonly now: number },
): PlainObject {
  const name = textAt(container, 'name');
  const image = textAt(container, 'image');
  const before = listAt(pod, 'status', 'containerStatuses').find((status) => status['name'] === name);
  const containerID = `sandbox://${contentHash([pod.metadata.uid, name], 32)}`;
  const base = { name, image, imageID: `sandbox-image://${image}` };
  switch (stage.at) {
    case 'starting':
      return {
        ...base,
        state: { waiting: { reason: 'ContainerCreating' } },
        lastState: {},
        ready: false,
        restartCount: 0,
        imageID: '',
        started: false,
      };
    case 'image-missing': {
      const waiting = { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` };
      return { ...base, state: { waiting }, lastState: {}, ready: false, restartCount: 0, imageID: '', started: false };
    }
    case 'crashed': {
      const terminated = { exitCode: 1, reason: 'Error', startedAt: timestamp(now), finishedAt: timestamp(now), containerID };
      const waiting = { reason: 'CrashLoopBackOff', message: `back-off restarting failed container=${name} pod=${pod.metadata.name}` };
      return {
        ...base,
        state: { waiting },
        lastState: { terminated },
        ready: false,
        restartCount: stage.restarts,
        containerID,
        started: false,
      };
    }
    case 'ended': {
      const startedAt = textAt(before, 'state', 'running', 'startedAt') || timestamp(now);
      const reason = stage.exitCode === 0 ? 'Completed' : 'Error';
      const terminated = { exitCode: stage.exitCode, reason, startedAt, finishedAt: timestamp(now), containerID };
      return { ...base, state: { terminated }, lastState: {}, ready: false, restartCount: 0, containerID, started: false };
    }
    case 'running': {
      const running = objectAt(before, 'state', 'running');
      const state = { running: Object.keys(running).length > 0 ? running : { startedAt: timestamp(now) } };
      const restartCount = typeof before?.['restartCount'] === 'number' ? before['restartCount'] : 0;
      return { ...base, state, lastState: objectAt(before, 'lastState'), ready: stage.isReady, restartCount, containerID, started: true };
    }
  }
}
