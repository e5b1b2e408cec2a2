import type { Heartbeats } from '../../ports/heartbeats.ts';
import type { Scripts } from './script.ts';

export function heartbeatPart(scripts: Scripts): Heartbeats {
  return {
    async noteHeartbeat(source, at) {
      await scripts.run('note-heartbeat', { args: [source, Math.floor(at)] });
    },
    async heartbeats() {
      const heard = await scripts.link.ask((client) => client.hgetall(`${scripts.prefix}heartbeats`));
      return new Map(Object.entries(heard).map(([source, at]) => [source, Number(at)]));
    },
  };
}
