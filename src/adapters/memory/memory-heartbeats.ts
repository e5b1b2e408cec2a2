import type { Heartbeats } from '../../ports/heartbeats.ts';

export function memoryHeartbeats(now: () => number): Heartbeats {
  const heard = new Map<string, number>();
  return {
    async noteHeartbeat(source, at) {
      heard.set(source, Math.max(heard.get(source) ?? 0, Math.min(Math.floor(at), now())));
    },
    heartbeats: async () => new Map(heard),
  };
}
