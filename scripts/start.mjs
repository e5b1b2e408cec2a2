import { announce, runScript } from './setup/announce.mjs';
import { runInForeground } from './setup/child.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureServers } from './setup/install.mjs';
import { requireNode } from './setup/node.mjs';
import { root } from './setup/root.mjs';
import { servers } from './setup/servers.mjs';

const args = process.argv.slice(2);

await runScript(async () => {
  ensureDependencies({ root, dev: false });
  const node = requireNode(root);
  if (!bringsOwnRedis()) await ensureServers([servers.redis]);
  announce('Starting Fixpoint against the sandbox …');
  return runInForeground({ node, args: ['src/main.ts', 'serve', '--sandbox', ...args], cwd: root });
});

function bringsOwnRedis() {
  return process.env['FIXPOINT_REDIS'] !== undefined || args.some((arg) => arg === '--redis' || arg.startsWith('--redis='));
}
