import type { SecretSource } from '../config/config.ts';

/** Headers with the present texts of their secrets; throws `secret.unavailable`. */
export function revealed(headers: Readonly<Record<string, string | SecretSource>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([header, value]) => [header, typeof value === 'string' ? value : value().reveal()]),
  );
}
