import { FixpointError } from '../../errors.ts';
import type { ExecRequest, ExecResult } from '../../ports/kubernetes.ts';
import type { ClusterApi } from './connection.ts';
import { pathOf } from './resources.ts';

/** Frames begin with the number of their channel. */
const protocol = 'v5.channel.k8s.io';
const channels = { stdout: 1, stderr: 2, status: 3 } as const;

/** A Status is short; a server that goes on talking is not listened to. */
const longestStatus = 16_384;

/** Runs a command in a container without a shell, input or terminal. No recording shows this protocol; see docs/decisions/0051. */
export async function runInPod(cluster: ClusterApi, request: ExecRequest, signal: AbortSignal): Promise<ExecResult> {
  const { namespace, pod, container, argv, timeoutMs, mostBytes } = request;
  const path = pathOf({ apiVersion: 'v1', kind: 'Pod', namespace, name: pod, subresource: 'exec' });
  const what = `exec in pod ${namespace}/${pod}`;
  const query = [
    ...argv.map((part) => ['command', part] as const),
    ['container', container],
    ['stdout', 'true'],
    ['stderr', 'true'],
  ] as const;
  // The question before counts too: the lease was looked at for this long and no longer.
  const over = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const late = () =>
    signal.aborted ? (signal.reason as Error) : new FixpointError('timeout', `${what} did not end within ${timeoutMs} ms`);
  const open = async () => {
    await requireAnswerable(cluster, { path, query, what, signal: over });
    return await cluster.openSocket({ path, query, protocol, signal: over });
  };
  const socket = await open().catch((error: unknown) => {
    throw over.aborted ? late() : error;
  });
  const stdout = new Bounded(mostBytes);
  const stderr = new Bounded(mostBytes);
  const status = new Bounded(longestStatus);
  try {
    await new Promise<void>((resolve, reject) => {
      // A connection that dies says nothing of how the command ended.
      const cut = () => reject(new FixpointError('kubernetes.unavailable', `${what}: the connection ended before the command did`));
      over.addEventListener('abort', () => reject(late()), { once: true });
      socket.addEventListener('error', cut, { once: true });
      socket.addEventListener('close', cut, { once: true });
      socket.addEventListener('message', (event) => {
        const data: unknown = event.data;
        if (!(data instanceof ArrayBuffer) || data.byteLength === 0) return;
        const frame = Buffer.from(data);
        const rest = frame.subarray(1);
        if (frame[0] === channels.stdout) stdout.add(rest);
        else if (frame[0] === channels.stderr) stderr.add(rest);
        else if (frame[0] === channels.status) {
          status.add(rest);
          if (isWhole(status.text())) resolve();
        }
      });
    });
  } finally {
    socket.close();
  }
  const exitCode = exitCodeOf(status.text(), what);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text(), truncated: stdout.isCut || stderr.isCut };
}

interface Question {
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly what: string;
  readonly signal: AbortSignal;
}

/**
 * A WebSocket that is refused does not say why. The same request without an upgrade runs nothing and does: 400 where all is well
 * (recorded in 13), else 403 or 404.
 */
async function requireAnswerable(cluster: ClusterApi, { path, query, what, signal }: Question): Promise<void> {
  const search = query.filter(([name]) => name !== 'command');
  try {
    await cluster.send({ method: 'GET', path, query: { ...Object.fromEntries(search), command: 'true' }, signal });
  } catch (error) {
    if (error instanceof FixpointError && error.details['status'] === 400) return;
    throw error;
  }
  throw new FixpointError('kubernetes.invalid', `${what}: the server answers what it should refuse`);
}

/** The first bytes of what comes, as text. */
class Bounded {
  readonly #most: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  isCut = false;

  constructor(most: number) {
    this.#most = most;
  }

  add(chunk: Buffer): void {
    const fits = chunk.subarray(0, this.#most - this.#size);
    if (fits.length < chunk.length) this.isCut = true;
    if (fits.length === 0) return;
    this.#chunks.push(Buffer.from(fits));
    this.#size += fits.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

interface Ended {
  readonly status?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly causes?: readonly { readonly reason?: unknown; readonly message?: unknown }[] };
}

function isWhole(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** The exit code in the Status that ends a command; another failure means that it was not run, or that nobody knows. */
function exitCodeOf(text: string, what: string): number {
  const ended = JSON.parse(text) as Ended | null;
  if (ended?.status === 'Success') return 0;
  const code = ended?.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (ended?.reason === 'NonZeroExitCode' && typeof code === 'string' && /^\d{1,3}$/.test(code)) return Number(code);
  throw new FixpointError(
    'kubernetes.invalid',
    `${what}: the command could not be run (${typeof ended?.reason === 'string' ? ended.reason : 'no reason'})`,
  );
}
