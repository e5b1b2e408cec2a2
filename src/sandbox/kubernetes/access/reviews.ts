import type { SandboxRequest, SandboxResponse } from '../../listen.ts';
import { isPlainObject, objectAt, textAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { badRequest, StatusError } from '../status-error.ts';
import type { Store } from '../store.ts';
import { jsonAnswer } from '../serve/answer.ts';
import type { Access } from './access.ts';
import { rulesOf } from './rbac.ts';
import { masters, type User } from './user.ts';
import { wantedIn } from './wanted.ts';

const root = /^\/apis\/authorization\.k8s\.io\/v1\/(selfsubjectaccessreviews|subjectaccessreviews|selfsubjectrulesreviews)$/;

const discoveryPaths = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];
const openPaths = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const get = (nonResourceURLs: readonly string[]): PlainObject => ({ verbs: ['get'], nonResourceURLs });
const wellKnown = get(['/.well-known', '/.well-known/*']);
const nonResourceRules = [get(discoveryPaths), get(openPaths), wellKnown];
const allNonResourceRules = [get(discoveryPaths), { verbs: ['*'], nonResourceURLs: ['*'] }, wellKnown, get(openPaths)];

/** Answers an access review (201 whatever the verdict, fact 26); undefined for other requests. */
export function serveReview(
  request: SandboxRequest,
  parties: { readonly access: Access; readonly user: User; readonly store: Store },
): SandboxResponse | undefined {
  const kind = root.exec(request.path)?.[1];
  if (kind === undefined || request.method !== 'POST') return undefined;
  const body: unknown = JSON.parse(request.body === '' ? '{}' : request.body);
  const spec = objectAt(body, 'spec');
  if (kind === 'selfsubjectrulesreviews') return rulesReview(textAt(spec, 'namespace'), parties);
  if (kind === 'selfsubjectaccessreviews') return accessReview('SelfSubjectAccessReview', spec, parties);
  const groups = Array.isArray(spec['groups']) ? spec['groups'].map(String) : [];
  const name = textAt(spec, 'user');
  if (name === '' && groups.length === 0) throw invalidSpec('spec.user', '""', 'at least one of user or group must be specified');
  return accessReview('SubjectAccessReview', spec, { ...parties, user: { name, groups } });
}

function accessReview(
  kind: string,
  spec: PlainObject,
  { access, user }: { readonly access: Access; readonly user: User },
): SandboxResponse {
  const attributes = spec['resourceAttributes'];
  const path = spec['nonResourceAttributes'];
  if (isPlainObject(attributes) === isPlainObject(path))
    throw invalidSpec('spec.resourceAttributes', '"null"', 'exactly one of nonResourceAttributes or resourceAttributes must be specified');
  const verdict = isPlainObject(attributes)
    ? access.decide(user, wantedIn(attributes))
    : { allowed: user.groups.includes(masters), reason: '' };
  const reason = verdict.allowed && 'reason' in verdict && verdict.reason !== '' ? { reason: verdict.reason } : {};
  return jsonAnswer(201, {
    kind,
    apiVersion: 'authorization.k8s.io/v1',
    metadata: { creationTimestamp: null },
    spec,
    status: { allowed: verdict.allowed, ...reason },
  });
}

function rulesReview(namespace: string, { user, store }: { readonly user: User; readonly store: Store }): SandboxResponse {
  if (namespace === '') throw badRequest('no namespace on request');
  return jsonAnswer(201, {
    kind: 'SelfSubjectRulesReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: { creationTimestamp: null },
    spec: {},
    status: {
      resourceRules: rulesOf(store, user, namespace),
      nonResourceRules: user.groups.includes(masters) ? allNonResourceRules : nonResourceRules,
      incomplete: false,
    },
  });
}

function invalidSpec(field: string, shown: string, why: string): StatusError {
  const message = `Invalid value: ${shown}: ${why}`;
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `.authorization.k8s.io "" is invalid: ${field}: ${message}`,
    details: { group: 'authorization.k8s.io', causes: [{ reason: 'FieldValueInvalid', message, field }] },
  });
}
