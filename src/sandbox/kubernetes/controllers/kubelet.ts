import type { SandboxClock } from '../../clock.ts';
import type { Timer } from '../../clock.ts';
import type { KubernetesObject } from '../object.ts';
import { isSchedulable } from '../nodes.ts';
import { listAt, numberAt, objectAt, textAt } from '../plain.ts';
import type { StoredChange } from '../store.ts';
import { timestamp } from '../timestamp.ts';
import { isTerminating, reactionMs } from './control.ts';
import type { Control } from './control.ts';
import { pinnedNode } from './daemon-set.ts';
import type { PodOutcome } from './pod-outcome.ts';
import { podStatus } from './pod-status.ts';
import type { Stage } from './pod-status.ts';

/** A terminating pod is gone after this, or after its grace period where that is shorter. */
const terminationMs = 1_000;
const firstCrashDelayMs = 10_000;
const longestCrashDelayMs = 300_000;

/** Plays node and kubelet: schedules pods, starts them in `podStartMs`, lets them fail as `outcome` says, and ends them. */
export class Kubelet {
  readonly #control: Control;
  readonly #clock: SandboxClock;
  readonly #podStartMs: number;
  readonly #podRunMs: number;
  readonly #outcome: (pod: KubernetesObject) => PodOutcome;
  readonly #timers = new Map<string, Timer>();

  constructor(
    control: Control,
    options: { readonly podStartMs: number; readonly podRunMs: number; readonly outcome: (pod: KubernetesObject) => PodOutcome },
  ) {
    this.#control = control;
    this.#clock = control.clock;
    this.#podStartMs = options.podStartMs;
    this.#podRunMs = options.podRunMs;
    this.#outcome = options.outcome;
  }

  onChange(change: StoredChange): void {
    if (change.object.kind === 'Node' && change.type !== 'DELETED' && isSchedulable(change.object)) this.#scheduleWaiting();
    if (change.object.kind !== 'Pod') return;
    const { object } = change;
    const uid = object.metadata.uid ?? '';
    if (change.type === 'DELETED') this.#cancel(uid);
    else if (change.type === 'ADDED') this.#after(object, reactionMs, (pod) => this.#schedule(pod));
    else if (isTerminating(object) && change.previous !== undefined && !isTerminating(change.previous)) {
      const graceMs = (numberAt(object, 'metadata', 'deletionGracePeriodSeconds') ?? 30) * 1000;
      this.#after(object, Math.min(graceMs, terminationMs), (pod) => this.#control.store.remove(pod));
    }
  }

  setReady(pod: KubernetesObject, isReady: boolean): void {
    this.#write(pod, { at: 'running', isReady });
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #schedule(pod: KubernetesObject): void {
    const nodes = this.#control.store.list('Node');
    const open = nodes.filter(isSchedulable);
    const isSelective =
      textAt(pod, 'spec', 'schedulerName') !== 'default-scheduler' || Object.keys(objectAt(pod, 'spec', 'nodeSelector')).length > 0;
    const pods = this.#control.store.list('Pod');
    const load = (node: KubernetesObject): number =>
      pods.filter((other) => textAt(other, 'spec', 'nodeName') === node.metadata.name).length;
    const pinned = pinnedNode(pod);
    const [node] =
      pinned === undefined
        ? isSelective
          ? []
          : open.toSorted((a, b) => load(a) - load(b))
        : nodes.filter(({ metadata }) => metadata.name === pinned);
    if (node === undefined) return this.#unschedulable(pod, { count: nodes.length, isSelective });
    const nodeName = node.metadata.name;
    const bound = { ...pod, spec: { ...objectAt(pod, 'spec'), nodeName } };
    this.#control.store.put({ ...bound, status: podStatus(bound, { at: 'starting' }, this.#clock.now()) });
    this.#event(pod, {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${pod.metadata.namespace ?? ''}/${pod.metadata.name} to ${nodeName}`,
    });
    this.#after(pod, this.#podStartMs / 2, (started) => this.#start(started));
  }

  /** Pods without a node have another chance. */
  #scheduleWaiting(): void {
    for (const pod of this.#control.store.list('Pod'))
      if (textAt(pod, 'spec', 'nodeName') === '' && !isTerminating(pod)) this.#after(pod, reactionMs, (waiting) => this.#schedule(waiting));
  }

  #unschedulable(pod: KubernetesObject, { count, isSelective }: { readonly count: number; readonly isSelective: boolean }): void {
    const why = isSelective
      ? `0/${count} nodes are available: ${count} node(s) did not match Pod's node affinity/selector.`
      : `0/${count} nodes are available: ${count} node(s) were unschedulable. preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;
    this.#event(pod, { type: 'Warning', reason: 'FailedScheduling', message: why });
    const before = listAt(pod, 'status', 'conditions').find((condition) => condition['type'] === 'PodScheduled');
    const lastTransitionTime = before?.['lastTransitionTime'] ?? timestamp(this.#clock.now());
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      lastProbeTime: null,
      lastTransitionTime,
      reason: 'Unschedulable',
      message: why,
    };
    this.#control.writes.update(pod, { ...pod, status: { ...objectAt(pod, 'status'), conditions: [condition] } }, { part: 'status' });
  }

  #start(pod: KubernetesObject): void {
    if (this.#outcome(pod) === 'image-missing') {
      this.#write(pod, { at: 'image-missing' });
      const image = textAt(listAt(pod, 'spec', 'containers')[0], 'image');
      this.#event(pod, { type: 'Warning', reason: 'Failed', message: `Failed to pull image "${image}": not found` });
      this.#after(pod, longestCrashDelayMs, (again) => this.#start(again));
      return;
    }
    this.#write(pod, { at: 'running', isReady: false });
    for (const container of listAt(pod, 'spec', 'containers'))
      this.#event(pod, { type: 'Normal', reason: 'Started', message: `Started container ${textAt(container, 'name')}` });
    this.#after(pod, this.#podStartMs / 2 - reactionMs, (running) => this.#settle(running, 0));
  }

  #settle(pod: KubernetesObject, restarts: number): void {
    switch (this.#outcome(pod)) {
      case 'ready':
        this.#write(pod, { at: 'running', isReady: true });
        if (isToEnd(pod)) this.#after(pod, this.#podRunMs, (running) => this.#write(running, { at: 'ended', exitCode: 0 }));
        return;
      case 'unready':
      case 'image-missing':
        return;
      case 'runs-on':
        this.#write(pod, { at: 'running', isReady: true });
        return;
      case 'crash': {
        if (isToEnd(pod)) {
          this.#write(pod, { at: 'running', isReady: true });
          this.#after(pod, this.#podRunMs, (running) => this.#write(running, { at: 'ended', exitCode: 1 }));
          return;
        }
        this.#write(pod, { at: 'crashed', restarts: restarts + 1 });
        const name = textAt(listAt(pod, 'spec', 'containers')[0], 'name');
        this.#event(pod, {
          type: 'Warning',
          reason: 'BackOff',
          message: `Back-off restarting failed container ${name} in pod ${pod.metadata.name}`,
        });
        this.#after(pod, Math.min(firstCrashDelayMs * 2 ** restarts, longestCrashDelayMs), (again) => this.#settle(again, restarts + 1));
      }
    }
  }

  #write(pod: KubernetesObject, stage: Stage): void {
    this.#control.writes.update(pod, { ...pod, status: podStatus(pod, stage, this.#clock.now()) }, { part: 'status' });
  }

  #event(pod: KubernetesObject, event: Parameters<Control['recordEvent']>[1]): void {
    this.#control.recordEvent(pod, event);
  }

  /** One timer a pod: its start, its next crash, or its end. */
  #after(pod: KubernetesObject, delayMs: number, then: (pod: KubernetesObject) => void): void {
    const uid = pod.metadata.uid ?? '';
    this.#cancel(uid);
    const timer = this.#clock.schedule(Math.max(0, delayMs), () => {
      this.#timers.delete(uid);
      const found = this.#control.store.get('Pod', pod.metadata.namespace ?? '', pod.metadata.name);
      if (found?.metadata.uid === uid) then(found);
    });
    this.#timers.set(uid, timer);
  }

  #cancel(uid: string): void {
    this.#timers.get(uid)?.cancel();
    this.#timers.delete(uid);
  }
}

/** Pods of Jobs end by themselves. */
function isToEnd(pod: KubernetesObject): boolean {
  return textAt(pod, 'spec', 'restartPolicy') !== 'Always';
}
