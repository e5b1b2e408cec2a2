import type { Json } from '../value/json.ts';

/** The uid in an intent: of the object that was planned for; undefined where the action knows none. */
export function uidOf(intent: Json | undefined): string | undefined {
  const uid = typeof intent === 'object' && intent !== null && !Array.isArray(intent) ? (intent as { uid?: Json }).uid : undefined;
  return typeof uid === 'string' ? uid : undefined;
}
