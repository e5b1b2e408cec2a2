import { runScript } from './setup/announce.mjs';
import { runInForeground } from './setup/child.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureServers } from './setup/install.mjs';
import { requireNode } from './setup/node.mjs';
import { root } from './setup/root.mjs';
import { servers } from './setup/servers.mjs';

await runScript(async () => {
  ensureDependencies({ root, dev: true });
  await ensureServers([servers.redis]);
  return runInForeground({ node: requireNode(root), args: ['test/chaos/main.ts', ...process.argv.slice(2)], cwd: root });
});
