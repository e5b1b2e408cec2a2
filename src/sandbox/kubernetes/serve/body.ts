import type { SandboxRequest } from '../../listen.ts';
import { decode, DecodeError } from '../decode.ts';
import type { KubernetesObject } from '../object.ts';
import { isPlainObject, textAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { apiVersionOf } from '../resource.ts';
import { typeOfKind } from '../schema.ts';
import { badRequest, StatusError } from '../status-error.ts';
import type { Route } from './route.ts';

/** A decoded body and what the answer must warn of. */
export interface Body {
  readonly object: KubernetesObject;
  readonly warnings: readonly string[];
}

/** Go's words for what is wrong with a JSON text. */
export function jsonProblem(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const [, token] = /Unexpected token '?(.)/.exec(message) ?? [];
    return token === undefined || /end of JSON/.test(message)
      ? 'unexpected end of JSON input'
      : `invalid character '${token}' looking for beginning of value`;
  }
}

export function warningsOf(unknown: readonly string[]): readonly string[] {
  return unknown.map((path) => `unknown field "${path}"`);
}

/** Whether `fieldValidation` refuses unknown fields, warns of them or drops them in silence. */
export function fieldValidation(request: SandboxRequest): 'Strict' | 'Warn' | 'Ignore' {
  const given = request.query.get('fieldValidation');
  return given === 'Strict' || given === 'Ignore' ? given : 'Warn';
}

/** Reads the body of a POST or PUT as the route's kind, or another kind where a subresource has one. */
export function readObject(request: SandboxRequest, route: Route, kind: string = route.resource.kind): Body {
  const parsed = parseBody(request, kind);
  const givenKind = textAt(parsed, 'kind');
  if (givenKind !== '' && givenKind !== kind) {
    throw badRequest(
      `${givenKind} in version "v1" cannot be handled as a ${kind}: converting (v1.${givenKind}) to (${route.resource.group || 'core'}.${kind}): unknown conversion`,
    );
  }
  const { value, unknown } = decodeOrRefuse(parsed, kind);
  const warnings = warningsOf(unknown);
  if (warnings.length > 0 && fieldValidation(request) === 'Strict') {
    throw badRequest(`${kind} in version "v1" cannot be handled as a ${kind}: strict decoding error: ${warnings.join(', ')}`);
  }
  const metadata = isPlainObject(value['metadata']) ? value['metadata'] : {};
  const object = {
    ...value,
    apiVersion: kind === route.resource.kind ? apiVersionOf(route.resource) : textAt(value, 'apiVersion'),
    kind,
    metadata: { name: '', ...metadata },
  };
  return { object: named(object, route), warnings: fieldValidation(request) === 'Ignore' ? [] : warnings };
}

function parseBody(request: SandboxRequest, kind: string): PlainObject {
  const type = request.headers['content-type'] ?? 'application/json';
  if (!/^(application\/json|\*\/\*)/.test(type)) {
    throw new StatusError({ code: 415, reason: 'UnsupportedMediaType', message: '415: Unsupported Media Type', details: {} });
  }
  const problem = jsonProblem(request.body);
  if (problem !== '') {
    const quoted = request.body.length > 30 ? `${request.body.slice(0, 30)} ...` : request.body;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${problem} (${quoted})`,
    );
  }
  const parsed: unknown = JSON.parse(request.body);
  if (!isPlainObject(parsed)) throw badRequest(`the object provided is unrecognized (must be of type ${kind})`);
  return parsed;
}

function decodeOrRefuse(parsed: PlainObject, kind: string): ReturnType<typeof decode> {
  try {
    return decode(typeOfKind(kind), parsed, 'json');
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(`${kind} in version "v1" cannot be handled as a ${kind}: ${error.message}`);
    throw error;
  }
}

/** The name and namespace of the path, which those of the body may not contradict. */
function named(object: KubernetesObject, route: Route): KubernetesObject {
  const { name, namespace = '' } = object.metadata;
  if (namespace !== '' && namespace !== route.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (route.name !== '' && name !== '' && name !== route.name) {
    const isEviction = object.kind === 'Eviction';
    throw badRequest(
      isEviction
        ? 'name in URL does not match name in Eviction object'
        : `the name of the object (${name}) does not match the name on the URL (${route.name})`,
    );
  }
  const where = route.resource.isNamespaced ? { namespace: route.namespace } : {};
  return { ...object, metadata: { ...object.metadata, name: name === '' ? route.name : name, ...where } };
}
