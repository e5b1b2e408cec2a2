import type { Path } from '../rule/template-tree.ts';

/** Something that is not as a test expects; `path` is below the test in its file. */
export interface Failure {
  readonly path: Path;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
  /** The run it is about. */
  readonly run?: string;
}
