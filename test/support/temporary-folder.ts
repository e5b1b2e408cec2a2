import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';

export interface TemporaryFolder extends Disposable {
  readonly path: string;
  remove(): void;
}

/** An empty folder, removed by `remove()`, by `using`, or at the latest when this process exits. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'fixpoint-test-'));
  const empty = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  const takeBack = atExit(empty);
  function remove(): void {
    takeBack();
    empty();
  }
  return { path, remove, [Symbol.dispose]: remove };
}
