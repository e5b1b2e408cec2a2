import { FixpointError } from '../../errors.ts';
import type { Json, JsonObject } from '../../value/json.ts';
import { isList, isObject } from './field/path.ts';
import { withoutCredentials } from './without-credentials.ts';

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

function shown(value: Json): Json {
  return withoutCredentials(shortened(value));
}

function shortened(value: Json): Json {
  if (typeof value === 'string') return value.slice(0, longestText);
  if (isList(value)) return value.map(shortened);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => key !== applied);
  return Object.fromEntries(kept.map(([key, member]) => [key, shortened(member)]));
}

/** Refuses what is too large to be kept, saying how to ask for less. */
export function bounded<T extends Json>(value: T, advice: string): T {
  const size = JSON.stringify(value).length;
  if (size <= mostShown) return value;
  throw new FixpointError('kubernetes.invalid', `the answer has ${size} characters, more than ${mostShown}: ${advice}`);
}
