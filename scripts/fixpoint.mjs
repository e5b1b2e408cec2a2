#!/usr/bin/env node
import { join } from 'node:path';
import { runScript } from './setup/announce.mjs';
import { runInForeground } from './setup/child.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { requireNode } from './setup/node.mjs';
import { root } from './setup/root.mjs';

await runScript(() => {
  ensureDependencies({ root, dev: false });
  return runInForeground({ node: requireNode(root), args: [join(root, 'src', 'main.ts'), ...process.argv.slice(2)] });
});
