import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

it('a command whose reader has enough, as head has, ends quietly', async () => {
  const child = spawn(process.execPath, ['src/main.ts', 'schema'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (told += text));
  const [code] = (await once(child, 'close')) as [number];
  expect([code, told]).toEqual([0, '']);
});
