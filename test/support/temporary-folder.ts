import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder extends Disposable {
  readonly path: string;
  remove(): void;
}

/** An empty folder, removed by `remove()`, by `using`, or at the latest when this process exits. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'fixpoint-test-'));
  function remove(): void {
    process.off('exit', remove);
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }
  process.once('exit', remove);
  return { path, remove, [Symbol.dispose]: remove };
}
