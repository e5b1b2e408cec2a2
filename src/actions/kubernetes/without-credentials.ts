import type { Json } from '../../value/json.ts';
import { hidden, looksSecret, redactText } from '../../value/redact.ts';
import { isSame } from './field/json-patch.ts';
import { isList, isObject } from './field/path.ts';

/** The value with what looks like a credential hidden: in texts, under such keys, in such variables and headers, and after such flags. */
export function withoutCredentials(value: Json, name = ''): Json {
  if (typeof value === 'string') return looksSecret(name) ? hidden : redactText(value);
  if (isList(value)) return value.map((element, index) => withoutCredentials(element, flagBefore(value, index)));
  if (!isObject(value)) return value;
  // An environment variable is named beside its value.
  const variable = typeof value['name'] === 'string' && 'value' in value ? value['name'] : undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const called = key === 'value' && variable !== undefined ? variable : isReference(key) ? '' : key;
      return [key, withoutCredentials(member, called)];
    }),
  );
}

export function holdsCredential(value: Json): boolean {
  return !isSame(withoutCredentials(value), value);
}

/** Of arguments: `--password`, where what follows is its value. */
function flagBefore(list: readonly Json[], index: number): string {
  const [before, own] = [list[index - 1], list[index]];
  const isFlag = typeof before === 'string' && /^-[^=]*$/.test(before);
  return isFlag && typeof own === 'string' && !own.startsWith('-') ? before : '';
}

/** Names of Secrets and of service account tokens are no secrets. */
function isReference(key: string): boolean {
  return /^(secretName|secretRef|secretKeyRef|imagePullSecrets|automountServiceAccountToken|tokenExpirationSeconds)$/.test(key);
}
