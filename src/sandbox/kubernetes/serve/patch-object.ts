import type { SandboxRequest } from '../../listen.ts';
import { decode, DecodeError } from '../decode.ts';
import type { Wording } from '../decode.ts';
import { goText } from '../go-text.ts';
import type { KubernetesObject } from '../object.ts';
import { jsonPatch } from '../patch/json-patch.ts';
import { mergePatch } from '../patch/merge-patch.ts';
import { strategicMerge } from '../patch/strategic-merge.ts';
import { isPlainObject, textAt } from '../plain.ts';
import { typeOfKind } from '../schema.ts';
import { badRequest, invalidPatch, notSimulated, StatusError } from '../status-error.ts';
import { fieldValidation, jsonProblem, warningsOf } from './body.ts';
import type { Body } from './body.ts';

const kinds = {
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/json-patch+json': 'json',
} as const;
type PatchKind = (typeof kinds)[keyof typeof kinds];

/** What an object becomes by the patch in a request's body; its wrong types are 422 on field `patch`. */
export function patched(request: SandboxRequest, object: KubernetesObject): Body {
  const kind = patchKind(request);
  const problem = jsonProblem(request.body);
  if (problem !== '') throw badRequest(`error decoding patch: ${problem}`);
  const patch: unknown = JSON.parse(request.body);
  if (kind !== 'json' && !isPlainObject(patch))
    throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}');
  const result = applied(kind, object, patch);
  const shown = kind === 'strategic' ? goText(patch) : JSON.stringify(result);
  const { value, unknown } = decodeOrRefuse({ kind: object.kind, result, shown, wording: kind === 'strategic' ? 'converter' : 'json' });
  const warnings = warningsOf(unknown);
  const validation = fieldValidation(request);
  if (warnings.length > 0 && validation === 'Strict') throw invalidPatch(shown, `strict decoding error: ${warnings.join(', ')}`);
  const { name, namespace } = object.metadata;
  const given = textAt(value, 'metadata', 'name');
  if (given !== name) throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  if (textAt(value, 'metadata', 'namespace') !== (namespace ?? ''))
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  return {
    object: { ...(value as unknown as KubernetesObject), apiVersion: object.apiVersion, kind: object.kind },
    warnings: validation === 'Ignore' ? [] : warnings,
  };
}

function patchKind(request: SandboxRequest): PatchKind {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  if (type.startsWith('application/apply-patch')) throw notSimulated('server-side apply');
  const kind = Object.entries(kinds).find(([mediaType]) => mediaType === type)?.[1];
  if (kind === undefined)
    throw new StatusError({ code: 415, reason: 'UnsupportedMediaType', message: '415: Unsupported Media Type', details: {} });
  return kind;
}

function applied(kind: PatchKind, object: KubernetesObject, patch: unknown): unknown {
  switch (kind) {
    case 'merge':
      return mergePatch(object, patch);
    case 'strategic':
      return strategicMerge(typeOfKind(object.kind), object, patch);
    case 'json':
      return jsonPatch(object, patch);
  }
}

function decodeOrRefuse(read: {
  readonly kind: string;
  readonly result: unknown;
  readonly shown: string;
  readonly wording: Wording;
}): ReturnType<typeof decode> {
  try {
    return decode(typeOfKind(read.kind), read.result, read.wording);
  } catch (error) {
    if (error instanceof DecodeError) throw invalidPatch(read.shown, error.message);
    throw error;
  }
}
