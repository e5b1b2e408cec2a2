import type { JsonObject } from '../../value/json.ts';

/** A column as text: empty where the row has none, or NULL. */
export function textAt(row: JsonObject | undefined, column: string): string {
  const value = row?.[column];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
