import type { SandboxResponse } from '../../listen.ts';
import type { KubernetesObject } from '../object.ts';
import { compact, isPlainObject, valueAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { apiVersionOf } from '../resource.ts';
import { meets, parseFieldSelector, parseLabelSelector } from '../selector.ts';
import { badRequest, internalError, StatusError } from '../status-error.ts';
import { jsonAnswer } from './answer.ts';
import type { Call } from './call.ts';
import { metadataOf } from './metadata.ts';
import { formOf } from './present.ts';
import { tableOf } from './table.ts';

/** The test that `labelSelector` and `fieldSelector` make of an object. */
export function filterOf(call: Call): (object: KubernetesObject) => boolean {
  const { query } = call.request;
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', [
    'metadata.name',
    'metadata.namespace',
    ...call.route.resource.fields,
  ]);
  return (object) =>
    meets(labels, object.metadata.labels ?? {}) &&
    fields.every(({ field, isEqual, value }) => (fieldText(valueAt(object, ...field.split('.'))) === value) === isEqual);
}

function fieldText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

/** The number in a query parameter, in Go's words where it is none. */
export function integerIn(call: Call, name: string): number | undefined {
  const text = call.request.query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[+-]?[0-9]+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** `resourceVersion`; undefined where it is absent, 0 for "any". */
export function versionIn(call: Call): number | undefined {
  const text = call.request.query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  if (!/^[0-9]+$/.test(text))
    throw internalError(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

function tooOld(): StatusError {
  return new StatusError({ code: 410, reason: 'Expired', message: 'The resourceVersion for the provided list is too old.' });
}

interface Page {
  readonly version: number;
  readonly start: string;
}

export function serveList(call: Call): SandboxResponse | Promise<SandboxResponse> {
  const version = versionIn(call);
  if (call.request.query.has('resourceVersionMatch') && version === undefined) throw matchWithoutVersion();
  if (version !== undefined && version > call.cluster.store.version) return tooNew(call, version);
  return jsonAnswer(200, listOf(call).list);
}

/** The list a request asks for, in its form, and the objects in it. */
export function listOf(call: Call): { readonly list: unknown; readonly objects: readonly KubernetesObject[] } {
  const { query } = call.request;
  const { store } = call.cluster;
  const version = versionIn(call);
  const page = pageIn(call);
  const at = page?.version ?? (query.get('resourceVersionMatch') === 'Exact' ? version : undefined) ?? store.version;
  if (at < store.oldestVersion) throw tooOld();
  const matching = store.listAt(at, call.route.resource.kind, call.route.namespace || undefined).filter(filterOf(call));
  const rest = page === undefined ? matching : matching.filter((object) => keyOf(object) >= page.start);
  const limit = version === 0 ? undefined : integerIn(call, 'limit');
  const objects = limit !== undefined && limit > 0 ? rest.slice(0, limit) : rest;
  const next = rest[objects.length];
  const isSelected = query.has('labelSelector') || query.has('fieldSelector');
  const metadata = compact({
    resourceVersion: String(at),
    continue: next === undefined ? undefined : tokenOf({ version: at, start: keyOf(next) }),
    remainingItemCount: next === undefined || isSelected ? undefined : rest.length - objects.length,
  });
  return { list: listed(call, objects, metadata), objects };
}

function listed(call: Call, objects: readonly KubernetesObject[], metadata: PlainObject): unknown {
  const { resource } = call.route;
  switch (formOf(call)) {
    case 'table':
      return tableOf(call, { kind: resource.kind, objects, metadata });
    case 'metadata':
      return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: objects.map(metadataOf) };
    case 'object':
      return {
        kind: `${resource.kind}List`,
        apiVersion: apiVersionOf(resource),
        metadata,
        items: objects.map(itemOf),
      };
  }
}

/** Items of a list leave out what the list's own kind says. */
function itemOf(object: KubernetesObject): PlainObject {
  const { kind: _, apiVersion: __, ...item } = object;
  return item;
}

function keyOf(object: KubernetesObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function tokenOf(page: Page): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: page.version, start: page.start })).toString('base64url');
}

function pageIn(call: Call): Page | undefined {
  const token = call.request.query.get('continue') ?? '';
  if (token === '') return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (isPlainObject(parsed) && typeof parsed['rv'] === 'number' && typeof parsed['start'] === 'string')
      return { version: parsed['rv'], start: parsed['start'] };
  } catch {
    throw badRequest("invalid continue token: continue key is not valid: invalid character '\\u0081' looking for beginning of value");
  }
  throw badRequest('invalid continue token: continue key is not valid');
}

function matchWithoutVersion(): StatusError {
  const message = 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided';
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: ${message}`,
    details: {
      group: 'meta.k8s.io',
      kind: 'ListOptions',
      causes: [{ reason: 'FieldValueForbidden', message, field: 'resourceVersionMatch' }],
    },
  });
}

const futureWaitMs = 3_000;

/** A version that has not been yet: waited for a while, then 504. */
function tooNew(call: Call, version: number): Promise<SandboxResponse> {
  const { clock, store } = call.cluster;
  return new Promise((resolve, reject) => {
    clock.schedule(futureWaitMs, () => {
      if (store.version >= version) {
        resolve(jsonAnswer(200, listOf(call).list));
        return;
      }
      reject(
        new StatusError({
          code: 504,
          reason: 'Timeout',
          message: `Timeout: Too large resource version: ${version}, current: ${store.version}`,
          details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
          retryAfterSeconds: 1,
        }),
      );
    });
  });
}
