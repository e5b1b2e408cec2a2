import type { LiveReplica, Replica, Replicas } from '../../ports/replicas.ts';
import { replicasById } from '../replica-order.ts';
import type { Scripts } from './script.ts';

export function replicaPart(scripts: Scripts): Replicas {
  return {
    async announce(replica, life) {
      const reply = (await scripts.run('announce', { args: [replica.id, JSON.stringify(replica), life] })) as [string, number][];
      return reply.map(([text, until]): LiveReplica => ({ ...(JSON.parse(text) as Replica), until })).toSorted(replicasById);
    },

    async depart(id) {
      await scripts.link.ask((client) =>
        Promise.all([client.hdel(`${scripts.prefix}replicas`, id), client.zrem(`${scripts.prefix}replicas:until`, id)]),
      );
    },
  };
}
