import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startChild } from '../../support/child-process.ts';
import { isAlive } from '../../support/is-alive.ts';
import { waitUntil } from '../../support/wait-until.ts';

const support = fileURLToPath(new URL('../../support/', import.meta.url));

describe('a test process that is killed', () => {
  it.each([
    ['redis.ts', 'startRedis'],
    ['postgres.ts', 'startPostgres'],
  ])('%s: leaves no server behind', async (file, start) => {
    const code = `import { ${start} } from ${JSON.stringify(support + file)}; const s = await ${start}(); console.log('server ' + s.pid);`;
    const owner = startChild({ command: process.execPath, args: ['--input-type=module', '-e', code] });
    const pid = await waitUntil(() => Number(/server (\d+)/.exec(owner.output())?.[1] ?? 0), {
      describe: () => `it starts: ${owner.output()}`,
    });
    expect(isAlive(pid)).toBe(true);

    await owner.kill9();

    await waitUntil(() => !isAlive(pid), { describe: 'the server ends' });
  });
});
