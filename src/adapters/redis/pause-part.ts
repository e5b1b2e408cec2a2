import { FixpointError } from '../../errors.ts';
import type { Pause, Store } from '../../ports/store.ts';
import { byTimeAndId } from '../pause-order.ts';
import type { Scripts } from './script.ts';

export function pausePart(scripts: Scripts): Pick<Store, 'pauses' | 'addPause' | 'removePause'> {
  return {
    async pauses() {
      const [now, texts] = (await scripts.run('list-pauses')) as [number, string[]];
      return texts
        .map((text) => JSON.parse(text) as Pause)
        .filter(({ until }) => until === undefined || until > now)
        .toSorted(byTimeAndId);
    },

    async addPause(pause) {
      const reply = await scripts.run('add-pause', { args: [pause.id, JSON.stringify(pause).slice(0, -1)] });
      if (reply === null) throw new FixpointError('overloaded', 'there are as many pauses as there may be; remove some');
      return JSON.parse(reply as string) as Pause;
    },

    removePause: async (id, by) => (await scripts.run('remove-pause', { args: [id, JSON.stringify(by)] })) === 1,
  };
}
