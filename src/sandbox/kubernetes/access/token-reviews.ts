import type { SandboxRequest, SandboxResponse } from '../../listen.ts';
import { jsonAnswer } from '../serve/answer.ts';
import { objectAt, textAt, type PlainObject } from '../plain.ts';
import { badRequest, StatusError } from '../status-error.ts';
import type { ServedCluster } from '../cluster.ts';
import type { Access } from './access.ts';
import { apiAudience, verifyToken, writeToken, type TokenVerdict } from './account-token.ts';
import { staticUser, userInfo, type User } from './user.ts';

interface Parties {
  readonly access: Access;
  readonly user: User;
  readonly cluster: ServedCluster;
}

const group = 'authentication.k8s.io';
const apiVersion = `${group}/v1`;
const tokenPath = /^\/api\/v1\/namespaces\/([^/]+)\/serviceaccounts\/([^/]+)\/token$/;
const shortest = 600;

/** Answers who somebody is, whose a token is, and gives tokens of ServiceAccounts (15); undefined for other requests. */
export function serveTokens(request: SandboxRequest, parties: Parties): SandboxResponse | undefined {
  if (request.method !== 'POST') return undefined;
  const [, namespace, name] = tokenPath.exec(request.path) ?? [];
  if (namespace !== undefined && name !== undefined) return issue({ namespace, name }, specOf(request), parties.cluster);
  if (request.path === `/apis/${apiVersion}/tokenreviews`) return review(specOf(request), parties);
  if (request.path !== `/apis/${apiVersion}/selfsubjectreviews`) return undefined;
  const metadata = { creationTimestamp: timeText(parties.cluster.clock.now()) };
  return jsonAnswer(201, { kind: 'SelfSubjectReview', apiVersion, metadata, status: { userInfo: userInfo(parties.user) } });
}

function specOf({ body }: SandboxRequest): PlainObject {
  return objectAt(JSON.parse(body === '' ? '{}' : body), 'spec');
}

function review(spec: PlainObject, { access, cluster }: Parties): SandboxResponse {
  const token = textAt(spec, 'token');
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const audiences = textsOf(spec['audiences']);
  const listed = staticUser(token, access.tokens);
  const verdict =
    listed === undefined ? verifyToken(token, { store: cluster.store, now: cluster.clock.now(), audiences }) : verdictOn(listed, audiences);
  const status =
    'user' in verdict
      ? { authenticated: true, user: userInfo(verdict.user), audiences: verdict.audiences }
      : { user: {}, error: verdict.error };
  return jsonAnswer(201, { kind: 'TokenReview', apiVersion, metadata: { creationTimestamp: null }, spec, status });
}

/** Tokens of a list are for the API server and nobody else. */
function verdictOn(user: User, audiences: readonly string[]): TokenVerdict {
  return audiences.length === 0 || audiences.includes(apiAudience) ? { user, audiences: [apiAudience] } : { error: 'invalid bearer token' };
}

function issue({ namespace, name }: { namespace: string; name: string }, spec: PlainObject, cluster: ServedCluster): SandboxResponse {
  const account = cluster.store.get('ServiceAccount', namespace, name);
  if (account === undefined)
    throw new StatusError({
      code: 404,
      reason: 'NotFound',
      message: `serviceaccounts ${JSON.stringify(name)} not found`,
      details: { name, kind: 'serviceaccounts' },
    });
  const seconds = spec['expirationSeconds'] === undefined ? 3600 : Number(spec['expirationSeconds']);
  if (!(seconds >= shortest)) throw tooShort(seconds);
  const given = textsOf(spec['audiences']);
  const audiences = given.length === 0 ? [apiAudience] : given;
  const now = cluster.clock.now();
  const until = now + seconds * 1000;
  const { uid = '' } = account.metadata;
  const token = writeToken({ namespace, name, uid, audiences, until, id: cluster.options.ids() });
  return jsonAnswer(201, {
    kind: 'TokenRequest',
    apiVersion,
    metadata: { name, namespace, creationTimestamp: timeText(now) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: null },
    status: { token, expirationTimestamp: timeText(until) },
  });
}

function tooShort(seconds: number): StatusError {
  const message = `Invalid value: ${seconds}: may not specify a duration less than 10 minutes`;
  const field = 'spec.expirationSeconds';
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `TokenRequest.${group} "" is invalid: ${field}: ${message}`,
    details: { group, kind: 'TokenRequest', causes: [{ reason: 'FieldValueInvalid', message, field }] },
  });
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function timeText(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
