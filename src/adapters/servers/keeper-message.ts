/** A server to run; nothing of it is worth keeping, so it is ended without ado. */
export interface ServerOrder {
  /** For people and for the name of its log. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Where what it writes goes. */
  readonly log: string;
  /** What ends it at once, with all its children. */
  readonly endSignal: 'SIGKILL' | 'SIGQUIT';
  /** As whom it runs, where not as we do. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** What the keeper is told. */
export type KeeperOrder =
  /** A folder to remove at the end. */
  { readonly kind: 'folder'; readonly folder: string } | { readonly kind: 'start'; readonly id: number; readonly order: ServerOrder };

/** What the keeper tells. */
export type KeeperReport =
  | { readonly kind: 'started'; readonly id: number; readonly pid: number }
  /** `how`: an exit code, a signal, or why it could not be started. */
  | { readonly kind: 'ended'; readonly id: number; readonly how: string };
