import { FixpointError } from '../../errors.ts';
import type { Json, JsonObject } from '../../value/json.ts';
import { hidden, looksSecret, redactText } from '../../value/redact.ts';
import { isObject } from './field/path.ts';

/** Characters of what one step may bring home as JSON. */
export const mostShown = 65_536;

const longestText = 4000;

/** What says nothing to a person or an expression, or repeats the whole object. */
const leftOutOfMetadata = new Set(['managedFields', 'selfLink']);
const applied = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object without bookkeeping, and without values that look like credentials. */
export function shownObject(object: JsonObject): JsonObject {
  const { metadata, ...rest } = object;
  const kept = isObject(metadata) ? Object.entries(metadata).filter(([key]) => !leftOutOfMetadata.has(key)) : [];
  return { ...(shown(rest) as JsonObject), metadata: shown(Object.fromEntries(kept)) };
}

function shown(value: Json, name = ''): Json {
  if (typeof value === 'string') return looksSecret(name) ? hidden : redactText(value.slice(0, longestText));
  if (Array.isArray(value)) return (value as readonly Json[]).map((element) => shown(element));
  if (!isObject(value)) return value;
  // An environment variable is named beside its value.
  const variable = typeof value['name'] === 'string' && 'value' in value ? value['name'] : undefined;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== applied)
      .map(([key, member]) => [key, shown(member, key === 'value' && variable !== undefined ? variable : isReference(key) ? '' : key)]),
  );
}

/** Names of Secrets and of service account tokens are no secrets. */
function isReference(key: string): boolean {
  return /^(secretName|secretRef|secretKeyRef|imagePullSecrets|automountServiceAccountToken|tokenExpirationSeconds)$/.test(key);
}

/** Refuses what is too large to be kept, saying how to ask for less. */
export function bounded<T extends Json>(value: T, advice: string): T {
  const size = JSON.stringify(value).length;
  if (size <= mostShown) return value;
  throw new FixpointError('kubernetes.invalid', `the answer has ${size} characters, more than ${mostShown}: ${advice}`);
}
