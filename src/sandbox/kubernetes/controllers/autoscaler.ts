import type { SandboxClock, Timer } from '../../clock.ts';
import type { KubernetesObject } from '../object.ts';
import { compact, listAt, numberAt, objectAt, textAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { resourceOfKind } from '../resource.ts';
import type { StoredChange } from '../store.ts';
import { timestamp } from '../timestamp.ts';
import type { Control } from './control.ts';

/** When the controller first looks, and how often from then on: 15 s and the lag of test/fixtures/kubernetes/transcripts/08-hpa.json. */
const firstSyncMs = 15_060;
const syncMs = 15_015;

const scalable = new Set(['Deployment', 'StatefulSet']);

const noMetrics =
  'the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';

/**
 * Keeps counts within the bounds of their HorizontalPodAutoscalers, and does no more: it reads no metrics, as in the recording.
 * It looks at the recorded rhythm, and only after something has changed.
 */
export class Autoscalers {
  readonly #control: Control;
  readonly #clock: SandboxClock;
  readonly #timers = new Map<string, Timer>();

  constructor(control: Control) {
    this.#control = control;
    this.#clock = control.clock;
  }

  onChange({ type, object, previous }: StoredChange): void {
    if (object.kind === 'HorizontalPodAutoscaler') {
      if (type === 'DELETED') this.#cancel(object.metadata.uid ?? '');
      else if (previous?.['spec'] !== object['spec']) this.#plan(object);
      return;
    }
    if (!scalable.has(object.kind) || numberAt(object, 'spec', 'replicas') === numberAt(previous, 'spec', 'replicas')) return;
    for (const autoscaler of this.#control.store.list('HorizontalPodAutoscaler', object.metadata.namespace)) {
      const target = objectAt(autoscaler, 'spec', 'scaleTargetRef');
      if (target['kind'] === object.kind && target['name'] === object.metadata.name) this.#plan(autoscaler);
    }
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #plan(autoscaler: KubernetesObject): void {
    const uid = autoscaler.metadata.uid ?? '';
    if (this.#timers.has(uid)) return;
    const age = this.#clock.now() - (this.#control.store.createdAtMs(uid) ?? this.#clock.now());
    const wait = age < firstSyncMs ? firstSyncMs - age : syncMs - ((age - firstSyncMs) % syncMs);
    const timer = this.#clock.schedule(wait, () => {
      this.#timers.delete(uid);
      const { namespace = '', name } = autoscaler.metadata;
      const found = this.#control.store.get('HorizontalPodAutoscaler', namespace, name);
      if (found?.metadata.uid === uid) this.#sync(found);
    });
    this.#timers.set(uid, timer);
  }

  #cancel(uid: string): void {
    this.#timers.get(uid)?.cancel();
    this.#timers.delete(uid);
  }

  #sync(autoscaler: KubernetesObject): void {
    const { store, writes } = this.#control;
    const kind = textAt(autoscaler, 'spec', 'scaleTargetRef', 'kind');
    const name = textAt(autoscaler, 'spec', 'scaleTargetRef', 'name');
    const target = scalable.has(kind) ? store.get(kind, autoscaler.metadata.namespace ?? '', name) : undefined;
    if (target === undefined) {
      const { plural, group } = resourceOfKind(scalable.has(kind) ? kind : 'Deployment');
      const message = `the HPA controller was unable to get the target's current scale: ${plural}/scale.${group} "${name}" not found`;
      this.#tell(autoscaler, {}, [{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message }]);
      return;
    }
    const current = numberAt(target, 'spec', 'replicas') ?? 1;
    const got = {
      type: 'AbleToScale',
      status: 'True',
      reason: 'SucceededGetScale',
      message: "the HPA controller was able to get the target's current scale",
    };
    if (current === 0) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      const disabled = { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled', message };
      this.#tell(autoscaler, { currentReplicas: 0, desiredReplicas: 0, currentMetrics: null }, [got, disabled]);
      return;
    }
    const [min, max] = [numberAt(autoscaler, 'spec', 'minReplicas') ?? 1, numberAt(autoscaler, 'spec', 'maxReplicas') ?? current];
    const desired = Math.min(Math.max(current, min), max);
    if (desired === current) {
      const failed = { type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric', message: noMetrics };
      this.#tell(autoscaler, { currentReplicas: current, currentMetrics: [{ type: '' }] }, [got, failed]);
      return;
    }
    writes.update(target, { ...target, spec: { ...objectAt(target, 'spec'), replicas: desired } });
    const rescaled = {
      ...got,
      reason: 'SucceededRescale',
      message: `the HPA controller was able to update the target scale to ${desired}`,
    };
    const lastScaleTime = timestamp(this.#clock.now());
    this.#tell(autoscaler, { lastScaleTime, currentReplicas: current, desiredReplicas: desired, currentMetrics: null }, [rescaled]);
    const reason = current > max ? 'above Spec.MaxReplicas' : 'below Spec.MinReplicas';
    const message = `New size: ${desired}; reason: Current number of replicas ${reason}`;
    this.#control.recordEvent(autoscaler, { type: 'Normal', reason: 'SuccessfulRescale', message });
  }

  #tell(autoscaler: KubernetesObject, status: PlainObject, conditions: readonly PlainObject[]): void {
    const before = listAt(autoscaler, 'status', 'conditions');
    const now = timestamp(this.#clock.now());
    const dated = conditions.map((condition) => {
      const known = before.find(({ type, status: is }) => type === condition['type'] && is === condition['status']);
      return { lastTransitionTime: known?.['lastTransitionTime'] ?? now, ...condition };
    });
    const kept = before.filter(({ type }) => !conditions.some((condition) => condition['type'] === type));
    const next = compact({ ...objectAt(autoscaler, 'status'), ...status, conditions: [...dated, ...kept] }, ['currentReplicas']);
    this.#control.writes.update(autoscaler, { ...autoscaler, status: next }, { part: 'status' });
  }
}
