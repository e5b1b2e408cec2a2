import type { RedisLink } from './redis-link.ts';
import { readInfo } from './info-text.ts';

/** What our own store says of itself: no Redis that says one of these is ever remediated. */
export async function ownIdentity(link: RedisLink): Promise<ReadonlySet<string>> {
  const info = readInfo(await link.ask((client) => client.info()));
  return new Set(['run_id', 'master_replid'].flatMap((field) => info.get(field) ?? []));
}
