import type { PlainObject } from './plain.ts';

export interface Cause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

/** Names a resource in error texts; `group` is empty for core. */
export interface ResourceName {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

export interface Failure {
  readonly code: number;
  readonly message: string;
  readonly reason?: string;
  readonly details?: PlainObject;
  readonly retryAfterSeconds?: number;
  /** Members of the Status's own `metadata`, as the token of an expired list. */
  readonly metadata?: PlainObject;
}

/** A refusal that the simulated API answers as a Status. */
export class StatusError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'StatusError';
    this.failure = failure;
  }
}

export function statusOf(failure: Failure): PlainObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: failure.metadata ?? {},
    status: 'Failure',
    message: failure.message,
    ...(failure.reason === undefined ? {} : { reason: failure.reason }),
    ...(failure.details === undefined ? {} : { details: failure.details }),
    code: failure.code,
  };
}

function dotted(resource: ResourceName, singular: boolean): string {
  const name = singular ? resource.kind : resource.plural;
  return resource.group === '' ? name : `${name}.${resource.group}`;
}

function detailsOf(resource: ResourceName, name: string, kind: string = resource.plural): PlainObject {
  return { ...(name === '' ? {} : { name }), ...(resource.group === '' ? {} : { group: resource.group }), kind };
}

export function notFound(resource: ResourceName, name: string): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: `${dotted(resource, false)} "${name}" not found`,
    details: detailsOf(resource, name),
  });
}

export function alreadyExists(resource: ResourceName, name: string): StatusError {
  return new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${dotted(resource, false)} "${name}" already exists`,
    details: detailsOf(resource, name),
  });
}

export function modified(resource: ResourceName, name: string): StatusError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return new StatusError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${dotted(resource, false)} "${name}": ${why}`,
    details: detailsOf(resource, name),
  });
}

/** A uid in a patch or PUT that is not the object's; the subresource shows in the text and the details. */
export function otherUid(
  resource: ResourceName,
  subresource: string,
  uids: { readonly name: string; readonly given: string; readonly found: string },
): StatusError {
  const named = { ...resource, plural: subresource === '' ? resource.plural : `${resource.plural}/${subresource}` };
  return new StatusError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${dotted(named, false)} "${uids.name}": Precondition failed: UID in precondition: ${uids.given}, UID in object meta: ${uids.found}`,
    details: detailsOf(named, uids.name),
  });
}

/** The preconditions of DeleteOptions, which are worded in their own way. */
export function deletePrecondition(
  resource: ResourceName,
  field: 'UID' | 'ResourceVersion',
  values: { readonly name: string; readonly given: string; readonly found: string },
): StatusError {
  const why = field === 'UID' ? 'The object might have been deleted and then recreated' : 'The object might have been modified';
  return new StatusError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${dotted(resource, true)} "${values.name}": the ${field} in the precondition (${values.given}) does not match the ${field} in record (${values.found}). ${why}`,
    details: detailsOf(resource, values.name, resource.kind),
  });
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: 'BadRequest', message });
}

/** 422 with its causes; several are joined in brackets as Go's aggregate does. */
export function invalid(resource: ResourceName, name: string, causes: readonly Required<Cause>[]): StatusError {
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${dotted(resource, true)} "${name}" is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`,
    details: { ...detailsOf(resource, name, resource.kind), causes },
  });
}

/** A patch whose result cannot be decoded: 422 on field `patch` with an empty object name. */
export function invalidPatch(shown: string, why: string): StatusError {
  const message = `Invalid value: ${JSON.stringify(shown)}: ${why}`;
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: ` "" is invalid: patch: ${message}`,
    details: { causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }] },
  });
}

/** What a JSON patch answers that cannot be applied: it does not say why. */
export function inapplicablePatch(): StatusError {
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  });
}

/** For a collection the name is empty. */
export function forbidden(resource: ResourceName, name: string, why: string): StatusError {
  const what = name === '' ? dotted(resource, false) : `${dotted(resource, false)} "${name}"`;
  return new StatusError({ code: 403, reason: 'Forbidden', message: `${what} is forbidden: ${why}`, details: detailsOf(resource, name) });
}

export function noSuchResource(): StatusError {
  return new StatusError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} });
}

export function methodNotAllowed(): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });
}

export function internalError(message: string): StatusError {
  return new StatusError({ code: 500, message });
}

/** What neither a recording nor the API definition backs, or what the sandbox leaves out. */
export function notSimulated(what: string): StatusError {
  return new StatusError({ code: 501, reason: 'NotImplemented', message: `the sandbox does not simulate ${what}` });
}
