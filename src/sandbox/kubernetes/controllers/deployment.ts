import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../object.ts';
import { numberAt, objectAt, textsAt, valueAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { isActive, isTerminating, ownedBy, ownerReference, templateHash, writeStatus } from './control.ts';
import type { Control } from './control.ts';
import { isRecreate, newSize, oldSizes, replicasOf, rollingBounds } from './deployment-scaling.ts';
import { availability, conditionsOf, countsOf, isComplete, progressed, withCondition, withFailure } from './deployment-status.ts';
import { failureOf } from './replica-set.ts';
import type { Condition } from './deployment-status.ts';

const revision = 'deployment.kubernetes.io/revision';
const history = 'deployment.kubernetes.io/revision-history';
const desired = 'deployment.kubernetes.io/desired-replicas';
const maximum = 'deployment.kubernetes.io/max-replicas';

/** How often Recreate looks whether the old pods have gone, which no change of a ReplicaSet tells. */
const recreateRecheckMs = 100;

/** One step of a rollout: the ReplicaSet of the present template grows, the others shrink, the status tells. */
export function reconcileDeployment(control: Control, found: KubernetesObject): void {
  if (isTerminating(found)) {
    writeStatus(control, found, { ...objectAt(found, 'status'), observedGeneration: found.metadata.generation });
    return;
  }
  const isPaused = valueAt(found, 'spec', 'paused') === true;
  const existing = setOf(control, found);
  const deployment = isPaused ? pausedOrResumed(control, found) : revised(control, pausedOrResumed(control, found), existing);
  const newSet = isPaused ? existing : newSetFor(control, deployment, existing);
  const old = oldSets(control, deployment, newSet);
  if (isPaused || isScaled(deployment, [...old, ...(newSet === undefined ? [] : [newSet])])) scaleAll(control, deployment, { newSet, old });
  else if (newSet !== undefined) roll(control, deployment, { newSet, old });
  tell(control, current(control, deployment));
}

function current(control: Control, object: KubernetesObject): KubernetesObject {
  return control.store.get(object.kind, object.metadata.namespace ?? '', object.metadata.name) ?? object;
}

function bareTemplate(object: KubernetesObject): PlainObject {
  const template = objectAt(object, 'spec', 'template');
  const { 'pod-template-hash': _, ...labels } = textsAt(template, 'metadata', 'labels');
  return { ...template, metadata: { ...objectAt(template, 'metadata'), labels } };
}

function setOf(control: Control, deployment: KubernetesObject): KubernetesObject | undefined {
  const template = bareTemplate(deployment);
  return ownedBy(control.store, deployment, 'ReplicaSet').find(
    (set) => !isTerminating(set) && isDeepStrictEqual(bareTemplate(set), template),
  );
}

function oldSets(control: Control, deployment: KubernetesObject, newSet: KubernetesObject | undefined): readonly KubernetesObject[] {
  const createdAt = (set: KubernetesObject): number => control.store.createdAtMs(set.metadata.uid ?? '') ?? 0;
  return ownedBy(control.store, deployment, 'ReplicaSet')
    .filter((set) => set.metadata.uid !== newSet?.metadata.uid)
    .toSorted((a, b) => createdAt(a) - createdAt(b));
}

function revisionOf(object: KubernetesObject): number {
  return Number(object.metadata.annotations?.[revision] ?? 0);
}

/** The Deployment carries the revision its present template has or is about to get. */
function revised(control: Control, deployment: KubernetesObject, newSet: KubernetesObject | undefined): KubernetesObject {
  const next = nextRevision(control, deployment, newSet);
  if (deployment.metadata.annotations?.[revision] === next) return deployment;
  return control.writes.update(deployment, {
    ...deployment,
    metadata: { ...deployment.metadata, annotations: { ...deployment.metadata.annotations, [revision]: next } },
  });
}

function nextRevision(control: Control, deployment: KubernetesObject, newSet: KubernetesObject | undefined): string {
  const highestOld = Math.max(0, ...oldSets(control, deployment, newSet).map(revisionOf));
  const own = newSet === undefined ? 0 : revisionOf(newSet);
  return String(own > highestOld ? own : highestOld + 1);
}

function newSetFor(control: Control, deployment: KubernetesObject, existing: KubernetesObject | undefined): KubernetesObject {
  const annotations = { ...deployment.metadata.annotations, ...sizeAnnotations(deployment) };
  if (existing !== undefined) return renumber(control, existing, deployment);
  const hash = templateHash(bareTemplate(deployment));
  const template = objectAt(deployment, 'spec', 'template');
  const labels = { ...textsAt(template, 'metadata', 'labels'), 'pod-template-hash': hash };
  const old = ownedBy(control.store, deployment, 'ReplicaSet');
  const created = control.writes.create({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      labels,
      annotations: withoutApplied(annotations),
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas: isRecreate(deployment) && old.some((set) => podsOf(control, set) > 0) ? 0 : newSize(deployment, undefined, old),
      selector: {
        ...objectAt(deployment, 'spec', 'selector'),
        matchLabels: { ...textsAt(deployment, 'spec', 'selector', 'matchLabels'), 'pod-template-hash': hash },
      },
      template: { ...template, metadata: { ...objectAt(template, 'metadata'), labels } },
    },
  });
  scaled(control, deployment, { set: created, from: 0 });
  setCondition(control, current(control, deployment), {
    type: 'Progressing',
    status: 'True',
    reason: 'NewReplicaSetCreated',
    message: `Created new replica set "${created.metadata.name}"`,
  });
  return created;
}

function withoutApplied(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration'));
}

function sizeAnnotations(deployment: KubernetesObject): Readonly<Record<string, string>> {
  const wanted = replicasOf(deployment);
  return { [desired]: String(wanted), [maximum]: String(wanted + rollingBounds(deployment).maxSurge) };
}

/** The ReplicaSet takes over the Deployment's annotations; one come back gets the newest number and keeps those it had. */
function renumber(control: Control, set: KubernetesObject, deployment: KubernetesObject): KubernetesObject {
  const before = set.metadata.annotations?.[revision];
  const past = set.metadata.annotations?.[history];
  const isOld = before !== undefined && before !== deployment.metadata.annotations?.[revision];
  const annotations = {
    ...set.metadata.annotations,
    ...withoutApplied(deployment.metadata.annotations ?? {}),
    ...(isOld ? { [history]: past === undefined ? before : `${past},${before}` } : {}),
  };
  return control.writes.update(set, { ...set, metadata: { ...set.metadata, annotations } });
}

function podsOf(control: Control, set: KubernetesObject): number {
  return ownedBy(control.store, set, 'Pod').filter((pod) => isActive(pod) || isTerminating(pod)).length;
}

function isScaled(deployment: KubernetesObject, sets: readonly KubernetesObject[]): boolean {
  return sets.some(
    (set) =>
      replicasOf(set) > 0 &&
      set.metadata.annotations?.[desired] !== undefined &&
      Number(set.metadata.annotations[desired]) !== replicasOf(deployment),
  );
}

interface Sets {
  readonly newSet: KubernetesObject | undefined;
  readonly old: readonly KubernetesObject[];
}

/** The wanted number changed, or the rollout is paused: no rolling, the sizes follow in proportion. */
function scaleAll(control: Control, deployment: KubernetesObject, { newSet, old }: Sets): void {
  const all = newSet === undefined ? [...old] : [...old, newSet];
  const active = all.filter((set) => replicasOf(set) > 0);
  const wanted = replicasOf(deployment);
  if (active.length <= 1) {
    const only = active[0] ?? newSet ?? old.at(-1);
    if (only !== undefined) resize(control, deployment, { set: only, size: wanted });
    return;
  }
  const total = active.reduce((sum, set) => sum + replicasOf(set), 0);
  let left = (wanted > 0 ? wanted + rollingBounds(deployment).maxSurge : 0) - total;
  const step = Math.sign(left);
  for (const set of active.toSorted((a, b) => replicasOf(b) - replicasOf(a))) {
    const part = step * Math.min(Math.abs(left), Math.ceil((Math.abs(left) * replicasOf(set)) / total));
    left -= part;
    resize(control, deployment, { set, size: Math.max(0, replicasOf(set) + part) });
  }
}

function roll(
  control: Control,
  deployment: KubernetesObject,
  { newSet, old }: { readonly newSet: KubernetesObject; readonly old: readonly KubernetesObject[] },
): void {
  if (isRecreate(deployment)) {
    for (const set of old) resize(control, deployment, { set, size: 0 });
    const isGone = old.every((set) => podsOf(control, current(control, set)) === 0);
    if (isGone) resize(control, deployment, { set: newSet, size: replicasOf(deployment) });
    else control.requeue(deployment, recreateRecheckMs);
    return;
  }
  const size = newSize(deployment, newSet, [newSet, ...old]);
  if (size !== replicasOf(newSet) || newSet.metadata.annotations?.[maximum] === undefined) {
    resize(control, deployment, { set: newSet, size });
    return;
  }
  oldSizes(deployment, newSet, old).forEach((next, index) => {
    const set = old[index];
    if (set !== undefined && next !== replicasOf(set)) resize(control, deployment, { set, size: next });
  });
  prune(control, deployment, { newSet, old });
}

function resize(
  control: Control,
  deployment: KubernetesObject,
  { set, size }: { readonly set: KubernetesObject; readonly size: number },
): void {
  const from = replicasOf(set);
  const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) };
  const resized = control.writes.update(set, {
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...objectAt(set, 'spec'), replicas: size },
  });
  if (from !== size) scaled(control, deployment, { set: resized, from });
}

function scaled(
  control: Control,
  deployment: KubernetesObject,
  { set, from }: { readonly set: KubernetesObject; readonly from: number },
): void {
  const to = replicasOf(set);
  if (from === to) return;
  const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${set.metadata.name} from ${from} to ${to}`;
  control.recordEvent(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
}

/** Old, empty ReplicaSets beyond the history limit go once the rollout is complete. */
function prune(control: Control, deployment: KubernetesObject, { old }: Sets): void {
  const limit = numberAt(deployment, 'spec', 'revisionHistoryLimit') ?? 10;
  if (!isComplete(deployment, objectAt(deployment, 'status'))) return;
  const empty = old.filter((set) => replicasOf(set) === 0 && (numberAt(set, 'status', 'replicas') ?? 0) === 0);
  for (const set of empty.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, empty.length - limit)))
    control.remove(set);
}

function pausedOrResumed(control: Control, deployment: KubernetesObject): KubernetesObject {
  const progressing = conditionsOf(deployment).find((condition) => condition['type'] === 'Progressing');
  if (numberAt(deployment, 'spec', 'progressDeadlineSeconds') === undefined) return deployment;
  const isPaused = valueAt(deployment, 'spec', 'paused') === true;
  const wasPaused = progressing?.['reason'] === 'DeploymentPaused';
  if (isPaused === wasPaused || progressing?.['reason'] === 'ProgressDeadlineExceeded') return deployment;
  const [reason, message] = isPaused ? ['DeploymentPaused', 'Deployment is paused'] : ['DeploymentResumed', 'Deployment is resumed'];
  return setCondition(control, deployment, { type: 'Progressing', status: 'Unknown', reason, message });
}

function setCondition(control: Control, deployment: KubernetesObject, condition: Condition): KubernetesObject {
  const conditions = withCondition(conditionsOf(deployment), condition, control.clock.now());
  return control.writes.update(
    deployment,
    { ...deployment, status: { ...objectAt(deployment, 'status'), conditions } },
    { part: 'status' },
  );
}

function tell(control: Control, deployment: KubernetesObject): void {
  const newSet = setOf(control, deployment);
  const all = ownedBy(control.store, deployment, 'ReplicaSet');
  const counts = countsOf(newSet, all);
  const now = control.clock.now();
  const available = withCondition(conditionsOf(deployment), availability(deployment, counts), now);
  const isPaused = valueAt(deployment, 'spec', 'paused') === true;
  const { conditions, recheckMs } = isPaused
    ? { conditions: available, recheckMs: undefined }
    : progressed(deployment, { counts, conditions: available, newSet, now });
  const told = withFailure(conditions, newSet === undefined ? undefined : failureOf(newSet), now);
  writeStatus(control, deployment, { observedGeneration: deployment.metadata.generation, ...counts, conditions: told });
  if (recheckMs !== undefined) control.requeue(deployment, recheckMs);
}
