import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from './setup/announce.mjs';
import { completeLock, missingPlatformPackages } from './setup/platform-packages.mjs';
import { root } from './setup/root.mjs';

// Run after every `npm install <package>`, so that `npm ci` takes the lock file on every platform.
await runScript(() => {
  const file = join(root, 'package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const added = missingPlatformPackages(lock).length;
  if (added > 0) writeFileSync(file, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  process.stdout.write(`${added} packages of other platforms added to package-lock.json\n`);
  return 0;
});
