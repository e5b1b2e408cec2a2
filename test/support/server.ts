import { startChild, type ChildOptions, type ChildProcess } from './child-process.ts';
import { waitUntil } from './wait-until.ts';

/** A real server under test control. After `kill9` or `halt`, `restart` brings it back on the same address and data. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  output(): string;
  isRunning(): boolean;
  /** Ends it for good and removes its data. */
  stop(): Promise<void>;
  /** Ends it in good order, keeping its data for `restart`. */
  halt(): Promise<void>;
  kill9(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  freeze(): void;
  thaw(): void;
  /** Ends it in good order if it still runs, and starts it again. */
  restart(): Promise<void>;
}

export interface ServerOptions {
  readonly name: string;
  readonly child: ChildOptions;
  /** Whether it answers now; may throw. */
  readonly isReady: () => Promise<boolean>;
  /** For coming up, 20 s unless told. */
  readonly timeoutMs?: number;
  /** Removes what the server leaves behind. */
  readonly cleanUp: () => void | Promise<void>;
}

/** Starts a server and waits until it answers; one that ends before that fails with what it wrote. */
export async function startServer(options: ServerOptions): Promise<Server> {
  let child: ChildProcess;
  try {
    child = await launch(options);
  } catch (error) {
    await options.cleanUp();
    throw error;
  }
  async function halt(): Promise<void> {
    if (child.isRunning()) await child.stop();
  }
  async function stop(): Promise<void> {
    await halt();
    await options.cleanUp();
  }
  return {
    get pid() {
      return child.pid;
    },
    output: () => child.output(),
    isRunning: () => child.isRunning(),
    halt,
    stop,
    kill9: () => child.kill9(),
    signal: (signal) => child.signal(signal),
    freeze: () => child.freeze(),
    thaw: () => child.thaw(),
    async restart() {
      await halt();
      child = await launch(options);
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function launch({ name, child: childOptions, isReady, timeoutMs = 20_000 }: ServerOptions): Promise<ChildProcess> {
  const child = startChild(childOptions);
  try {
    await waitUntil(async () => !child.isRunning() || (await isReady()), {
      timeoutMs,
      describe: () => `${name} answers; it wrote:\n${child.output()}`,
    });
  } catch (error) {
    await child.kill9();
    throw error;
  }
  if (!child.isRunning()) throw new Error(`${name} ended at once (${await child.ended}); it wrote:\n${child.output()}`);
  return child;
}
