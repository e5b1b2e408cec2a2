import type { SandboxClock } from '../../clock.ts';
import type { KubernetesObject, OwnerReference } from '../object.ts';
import type { PlainObject } from '../plain.ts';
import { objectAt, textAt } from '../plain.ts';
import { lettersOf } from '../random-name.ts';
import type { Store } from '../store.ts';
import type { Writes } from '../writes.ts';
import { contentHash } from '../../../value/json.ts';

/** How long a controller takes to see a change, in the clock's ms. */
export const reactionMs = 20;

export type RecordEvent = (
  about: KubernetesObject,
  event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
) => void;

/** What every controller works with. */
export interface Control {
  readonly clock: SandboxClock;
  readonly store: Store;
  readonly writes: Writes;
  readonly recordEvent: RecordEvent;
  /** Deletes as over the API: pods terminate, dependents follow. */
  remove(object: KubernetesObject): void;
  /** Asks for another look at this object after a while. */
  requeue(object: KubernetesObject, delayMs: number): void;
}

export function ownerReference(owner: KubernetesObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** Objects of a kind that this owner controls. */
export function ownedBy(store: Store, owner: KubernetesObject, kind: string): readonly KubernetesObject[] {
  return store.list(kind, owner.metadata.namespace).filter((object) => controllerOf(object)?.uid === owner.metadata.uid);
}

export function isTerminating(object: KubernetesObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

export function isReady(pod: KubernetesObject): boolean {
  const conditions = objectAt(pod, 'status')['conditions'];
  return (
    Array.isArray(conditions) &&
    conditions.some((condition: PlainObject) => condition['type'] === 'Ready' && condition['status'] === 'True')
  );
}

export function isActive(pod: KubernetesObject): boolean {
  return !isTerminating(pod) && !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'));
}

/** Writes a status where it differs. */
export function writeStatus(control: Control, object: KubernetesObject, status: PlainObject): void {
  control.writes.update(object, { ...object, status }, { part: 'status' });
}

/** The hash that tells templates apart, as long as Kubernetes' own mostly are. */
export function templateHash(template: unknown): string {
  return lettersOf(contentHash(template, 32), 10);
}
