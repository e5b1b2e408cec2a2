import { isDeepStrictEqual } from 'node:util';
import type { SandboxClock } from '../clock.ts';
import { initialStatus, withDefaults } from './defaults.ts';
import type { KubernetesObject } from './object.ts';
import { quotaRefusal } from './quota.ts';
import { lettersOf } from './random-name.ts';
import { resourceOfKind } from './resource.ts';
import type { Resource } from './resource.ts';
import { alreadyExists, forbidden, invalid, modified, notFound, otherUid } from './status-error.ts';
import type { Store } from './store.ts';
import { timestamp } from './timestamp.ts';
import { validate, validateChange } from './validate.ts';

export interface Write {
  readonly operation: 'create' | 'update' | 'delete';
  readonly object: KubernetesObject;
}

export interface WritesOptions {
  readonly store: Store;
  readonly clock: SandboxClock;
  readonly ids: () => string;
}

export interface UpdateOptions {
  readonly isDryRun?: boolean;
  /** `status` writes only the status, all else everything but the status. */
  readonly part?: 'object' | 'status';
  /** The subresource a conflict names. */
  readonly subresource?: string;
}

/** Every change of an object goes through here: defaults, validation, preconditions, generation, and nothing written where nothing changed. */
export class Writes {
  readonly #store: Store;
  readonly #clock: SandboxClock;
  readonly #ids: () => string;

  constructor(options: WritesOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#ids = options.ids;
  }

  /** A dry run has a uid but no resourceVersion. */
  create(
    given: KubernetesObject,
    options: { readonly isDryRun?: boolean; readonly admit?: (write: Write) => string | undefined } = {},
  ): KubernetesObject {
    const resource = resourceOfKind(given.kind);
    const uid = this.#ids();
    const object = this.#prepared(resource, given, uid);
    const { namespace = '', name } = object.metadata;
    if (resource.isNamespaced && this.#store.get('Namespace', '', namespace) === undefined)
      throw notFound(resourceOfKind('Namespace'), namespace);
    const causes = validate(object);
    if (causes.length > 0) throw invalid(resource, name, causes);
    const refusal = options.admit?.({ operation: 'create', object });
    if (refusal !== undefined) throw forbidden(resource, name, refusal);
    if (this.#store.get(object.kind, namespace, name) !== undefined) throw alreadyExists(resource, name);
    const overQuota = resource.isNamespaced ? quotaRefusal(this.#store, object) : undefined;
    if (overQuota !== undefined) throw forbidden(resource, name, overQuota);
    return options.isDryRun === true ? object : this.#store.put(object);
  }

  #prepared(resource: Resource, given: KubernetesObject, uid: string): KubernetesObject {
    const { generateName } = given.metadata;
    const name = given.metadata.name || (generateName === undefined ? '' : `${generateName}${lettersOf(uid, 5)}`);
    const { resourceVersion: _, generation: __, deletionTimestamp: ___, ...metadata } = given.metadata;
    const defaulted = withDefaults({
      ...given,
      metadata: {
        ...metadata,
        name,
        uid,
        creationTimestamp: timestamp(this.#clock.now()),
        ...(resource.hasGeneration ? { generation: 1 } : {}),
      },
    });
    const status = initialStatus(defaulted);
    return this.#withAddress({ ...defaulted, ...(status === undefined ? {} : { status }) }, uid);
  }

  #withAddress(object: KubernetesObject, uid: string): KubernetesObject {
    const spec = object['spec'] as Record<string, unknown> | undefined;
    if (object.kind !== 'Service' || spec === undefined || spec['type'] === 'ExternalName') return object;
    const clusterIP = spec['clusterIP'] ?? `10.96.${lettersOf(uid, 2).charCodeAt(0)}.${lettersOf(uid, 2).charCodeAt(1)}`;
    return { ...object, spec: { ...spec, clusterIP, clusterIPs: [clusterIP] } };
  }

  /** A resourceVersion or uid in `next` that is not the stored one is a conflict; what changes nothing is not written. */
  update(previous: KubernetesObject, next: KubernetesObject, options: UpdateOptions = {}): KubernetesObject {
    const resource = resourceOfKind(previous.kind);
    this.#checkPreconditions(resource, previous, { next, subresource: options.subresource ?? '' });
    const updated = options.part === 'status' ? { ...previous, status: next['status'] } : this.#merged(resource, previous, next);
    if (options.part !== 'status') {
      const causes = validateChange(updated, previous);
      if (causes.length > 0) throw invalid(resource, previous.metadata.name, causes);
    }
    if (isDeepStrictEqual(updated, previous)) return previous;
    if (options.isDryRun === true) return updated;
    return this.#store.put(updated);
  }

  #merged(resource: Resource, previous: KubernetesObject, next: KubernetesObject): KubernetesObject {
    const { uid, resourceVersion, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds, generateName } =
      previous.metadata;
    const kept = { uid, resourceVersion, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds, generateName };
    const metadata = { ...next.metadata, ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)) };
    for (const key of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
      const value = metadata[key];
      if (value !== undefined && Object.keys(value).length === 0) delete metadata[key];
    }
    const { status: _, ...body } = next;
    const defaulted = withDefaults({ ...body, metadata });
    const addressed = this.#withAddress(keepAddress(defaulted, previous), uid ?? '');
    const merged = 'status' in previous ? { ...addressed, status: previous['status'] } : addressed;
    const isSpecChanged = !isDeepStrictEqual(merged['spec'], previous['spec']);
    if (!resource.hasGeneration || !isSpecChanged) return merged;
    // Some defaults follow the generation.
    return withDefaults({ ...merged, metadata: { ...merged.metadata, generation: (generation ?? 0) + 1 } });
  }

  #checkPreconditions(resource: Resource, previous: KubernetesObject, write: { next: KubernetesObject; subresource: string }): void {
    const { name, uid = '', resourceVersion } = previous.metadata;
    const given = write.next.metadata;
    if (given.uid !== undefined && given.uid !== '' && given.uid !== uid)
      throw otherUid(resource, write.subresource, { name, given: given.uid, found: uid });
    if (given.resourceVersion !== undefined && given.resourceVersion !== '' && given.resourceVersion !== resourceVersion)
      throw modified(resource, name);
  }
}

function keepAddress(object: KubernetesObject, previous: KubernetesObject): KubernetesObject {
  if (object.kind !== 'Service') return object;
  const address = (previous['spec'] as Record<string, unknown> | undefined)?.['clusterIP'];
  return { ...object, spec: { clusterIP: address, ...(object['spec'] as object) } };
}
