import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSuite } from '../../../scripts/test/run-suite.mjs';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

const nodeModules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const suite = { name: 'unit', budgetSeconds: 30, testTimeoutMs: 5000, workers: 1 };

describe('running a suite', () => {
  let folder: TemporaryFolder;

  beforeEach(() => {
    folder = temporaryFolder();
    symlinkSync(nodeModules, join(folder.path, 'node_modules'));
    write(
      'vitest.config.mjs',
      "export default { test: { allowOnly: false, projects: [{ extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.mjs'] } }] } };",
    );
  });

  afterEach(() => folder.remove());

  function write(path: string, text: string): void {
    const file = join(folder.path, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  function writeTest(name: string, text: string): void {
    write(`test/unit/${name}.test.mjs`, `import { describe, it, expect, beforeAll } from 'vitest';\n${text}`);
  }
  function run(change: Partial<typeof suite> = {}, args: readonly string[] = []): ReturnType<typeof runSuite> {
    return runSuite({ suite: { ...suite, ...change }, node: process.execPath, root: folder.path, args, output: 'ignore' });
  }

  it('counts what passed, failed and was skipped', async () => {
    writeTest('some', "it('a', () => {}); it('b', () => {}); it('c', () => expect(1).toBe(2)); it.skip('d', () => {});");

    expect(await run()).toMatchObject({ name: 'unit', passed: 2, failed: 1, skipped: 1 });
  });

  it('counts a file that cannot be loaded as failed', async () => {
    writeTest('good', "it('a', () => {});");
    writeTest('broken', "import './missing.mjs'; it('b', () => {});");

    expect(await run()).toMatchObject({ passed: 1, failed: 1 });
  });

  it('counts a failed hook and an unhandled error as failed', async () => {
    writeTest('hook', "describe('x', () => { beforeAll(() => { throw new Error('no'); }); it('a', () => {}); });");
    writeTest(
      'unhandled',
      "it('b', async () => { Promise.reject(new Error('lost')); await new Promise((resolve) => setImmediate(resolve)); });",
    );

    const result = await run();
    expect(result.failed).toBeGreaterThanOrEqual(2);
  });

  it('counts a file without tests and a forgotten .only as failed', async () => {
    writeTest('empty', '');
    expect(await run()).toMatchObject({ passed: 0, failed: 1 });

    writeTest('empty', "it.only('a', () => {}); it('b', () => {});");
    expect((await run()).failed).toBeGreaterThanOrEqual(1);
  });

  it('stops a suite that runs over its budget, and keeps the counts so far', async () => {
    writeTest('a', `// The larger file runs first. ${'-'.repeat(500)}\nit('a', () => {});`);
    writeTest('b', "it('b', () => new Promise(() => {}), 60_000);");

    expect(await run({ budgetSeconds: 3 }, ['--no-file-parallelism'])).toMatchObject({ passed: 1, failed: 1 });
  });

  it('passes filters through', async () => {
    writeTest('a', "it('a', () => {});");
    writeTest('b', "it('b', () => expect(1).toBe(2));");

    expect(await run({}, ['test/unit/a'])).toMatchObject({ passed: 1, failed: 0 });
  });
});
