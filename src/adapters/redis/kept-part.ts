import type { KeptNotification, Store } from '../../ports/store.ts';
import type { Json, JsonObject } from '../../value/json.ts';
import type { Constants, Scripts } from './script.ts';

type KeptPart = Pick<Store, 'keepDefinition' | 'definition' | 'notification' | 'notifications'>;

/** What is kept as it is: rule definitions and raw messages. */
export function keptPart({ link, prefix }: Scripts, constants: Constants): KeptPart {
  return {
    async keepDefinition(hash, definition) {
      await link.ask((client) => client.set(`${prefix}def:${hash}`, JSON.stringify(definition), 'PX', constants['DEFINITION_LIFE'] ?? 1));
    },

    async definition(hash) {
      const text = await link.ask((client) => client.get(`${prefix}def:${hash}`));
      return text === null ? undefined : (JSON.parse(text) as JsonObject);
    },

    async notification(id): Promise<KeptNotification | undefined> {
      const kept = await link.ask((client) => client.hgetall(`${prefix}note:${id}`));
      if (kept['body'] === undefined) return undefined;
      return { ...readNotification(id, kept), body: JSON.parse(kept['body']) as Json };
    },

    async notifications(limit) {
      if (limit <= 0) return [];
      const ids = await link.ask((client) => client.zrevrange(`${prefix}notes`, 0, limit - 1));
      const kept = await link.ask((client) =>
        Promise.all(ids.map((id) => client.hmget(`${prefix}note:${id}`, 'source', 'receivedAt', 'alerts'))),
      );
      return kept
        .map(([source, receivedAt, alerts], index) => ({
          id: ids[index] ?? '',
          source,
          receivedAt: Number(receivedAt),
          alerts: Number(alerts),
        }))
        .filter((one): one is Omit<KeptNotification, 'body'> => typeof one.source === 'string');
    },
  };
}

function readNotification(id: string, kept: Record<string, string>): Omit<KeptNotification, 'body'> {
  return { id, source: kept['source'] ?? '', receivedAt: Number(kept['receivedAt']), alerts: Number(kept['alerts']) };
}
