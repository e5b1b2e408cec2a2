import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from './setup/announce.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureServers } from './setup/install.mjs';
import { requireNode } from './setup/node.mjs';
import { root } from './setup/root.mjs';
import { servers } from './setup/servers.mjs';
import { runSuite } from './test/run-suite.mjs';
import { suites } from './test/suites.mjs';
import { summaryLine, timeTable } from './test/summary.mjs';

await runScript(async () => {
  ensureDependencies({ root, dev: true });
  const node = requireNode(root);
  await ensureServers(Object.values(servers));

  const results = [];
  for (const suite of suites.filter(({ name }) => existsSync(join(root, 'test', name)))) {
    results.push(await runSuite({ suite, node, root, args: process.argv.slice(2) }));
  }
  const { line, isGood } = summaryLine(results);
  process.stdout.write(`${timeTable(results)}\n${line}\n`);
  return isGood ? 0 : 1;
});
