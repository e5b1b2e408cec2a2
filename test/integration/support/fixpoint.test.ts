import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startFixpoint } from '../../support/fixpoint.ts';
import { isAlive } from '../../support/is-alive.ts';
import { waitUntil } from '../../support/wait-until.ts';

const entry = ['test/integration/support/stand-in-service.ts'];

describe('starting the service in a test', () => {
  it('waits until it is ready, on a port and data of its own', async () => {
    await using service = await startFixpoint({ entry, env: { FIXPOINT_EXAMPLE: 'given' } });

    const answer = await fetch(`${service.url}/-/ready`);

    expect(await answer.text()).toBe('given');
    expect(existsSync(join(service.data, 'redis.json'))).toBe(true);
  });

  it('comes back after kill -9 with the same address and data', async () => {
    await using service = await startFixpoint({ entry });
    const killed = service.pid;

    await service.kill9();
    await service.restart();

    expect(service.pid).not.toBe(killed);
    expect((await fetch(`${service.url}/-/ready`)).status).toBe(200);
  });

  it('leaves neither data nor a private Redis behind, even after kill -9', async () => {
    const service = await startFixpoint({ entry });
    const { pid }: { pid: number } = JSON.parse(readFileSync(join(service.data, 'redis.json'), 'utf8'));

    await service.kill9();
    expect(isAlive(pid)).toBe(true);
    await service.stop();

    await waitUntil(() => !isAlive(pid), { describe: 'the private Redis ends' });
    expect(existsSync(service.data)).toBe(false);
  });

  it('says what it wrote when it does not come up', async () => {
    await expect(startFixpoint({ entry: ['--eval', 'console.error("no rules here"); process.exit(2)', '--'] })).rejects.toThrow(
      /Fixpoint ended at once \(2\)[\s\S]*no rules here/,
    );
  });
});
