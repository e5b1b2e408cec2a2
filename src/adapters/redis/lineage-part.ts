import type { Lineage, LineageMark } from '../../ports/lineage.ts';
import type { Scripts } from './script.ts';

export function lineagePart(scripts: Scripts): Lineage {
  async function read(): Promise<LineageMark | undefined> {
    const [generation, count, time] = (await scripts.run('lineage')) as [string | null, number, number];
    return generation === null ? undefined : { generation, count, time };
  }

  return {
    async lineage(candidate) {
      const known = await read();
      if (known !== undefined) return known;
      await scripts.link.ask((client) => client.set(`${scripts.prefix}generation`, candidate, 'NX'));
      return (await read()) ?? { generation: candidate, count: 0, time: 0 };
    },

    async freeze({ key, reason, by, length, message }) {
      const id = `frozen-${key}`;
      const pause = JSON.stringify({ id, scope: { kind: 'global' }, reason, by }).slice(0, -1);
      return (await scripts.run('freeze', { args: [key, length, pause, id, JSON.stringify(message)] })) === 1;
    },
  };
}
