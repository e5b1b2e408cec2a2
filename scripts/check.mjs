import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from './setup/announce.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { requireNode } from './setup/node.mjs';
import { root } from './setup/root.mjs';

const isFixing = process.argv.includes('--fix');

/** @type {readonly { name: string, tool: string, args: readonly string[] }[]} */
const checks = [
  { name: 'types', tool: 'typescript', args: ['-p', '.'] },
  { name: 'format', tool: 'oxfmt', args: isFixing ? [] : ['--check'] },
  { name: 'lint', tool: 'oxlint', args: ['--type-aware', '--deny-warnings', ...(isFixing ? ['--fix'] : [])] },
  { name: 'unused', tool: 'knip', args: ['--no-progress'] },
];

await runScript(() => {
  ensureDependencies({ root, dev: true });
  const node = requireNode(root);
  const failures = checks.filter((check) => !passes(check, node)).length;
  process.stdout.write(`checks: ${checks.length - failures} passed, ${failures} failed\n`);
  return failures === 0 ? 0 : 1;
});

/**
 * @param {{ name: string, tool: string, args: readonly string[] }} check
 * @param {string} node
 */
function passes({ name, tool, args }, node) {
  const begin = performance.now();
  const run = spawnSync(node, [commandOf(tool), ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 26,
  });
  const isGood = run.status === 0;
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  if (!isGood) process.stdout.write(`${run.stdout}${run.stderr}${run.error?.message ?? ''}\n`);
  process.stdout.write(`${name.padEnd(7)} ${isGood ? 'ok' : 'FAILED'} (${seconds} s)\n`);
  return isGood;
}

/**
 * @param {string} tool the package
 * @returns {string} the JavaScript file of its command
 */
function commandOf(tool) {
  const folder = join(root, 'node_modules', tool);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[tool === 'typescript' ? 'tsc' : tool]);
}
