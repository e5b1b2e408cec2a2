import type { SandboxResponse } from '../../listen.ts';
import { containerOf } from './pod-log.ts';
import { badRequest } from '../status-error.ts';
import { target } from './call.ts';
import type { Call } from './call.ts';

/** How a simulated command ends; `cut` and `silence` say nothing of it. */
export type ExecOutcome = { readonly exitCode: number; readonly stdout?: string; readonly stderr?: string } | 'cut' | 'silence';

const channels = { stdout: 1, stderr: 2, status: 3 } as const;
const protocol = 'v5.channel.k8s.io';

/** Pods/exec over a WebSocket, by its public description: no recording shows more than its refusal without an upgrade. */
export function serveExec(call: Call): SandboxResponse {
  const pod = target(call);
  const { request, cluster } = call;
  if (request.headers['upgrade']?.toLowerCase() !== 'websocket') throw badRequest('Upgrade request required');
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  if (!offered.includes(protocol)) throw badRequest(`the sandbox speaks ${protocol} only`);
  const argv = request.query.getAll('command');
  const outcome = cluster.options.podExec?.(pod, containerOf(call, pod), argv) ?? defaultOutcome(argv);
  if (typeof outcome === 'string') return upgradeTo([], outcome === 'cut' ? 'cut' : 'never');
  const { exitCode, stdout = '', stderr = '' } = outcome;
  const frames = [
    ...framesOf(channels.stdout, stdout),
    ...framesOf(channels.stderr, stderr),
    ...framesOf(channels.status, JSON.stringify(statusOf(exitCode))),
  ];
  return upgradeTo(frames, 'close');
}

/** Says its arguments; `false` fails. */
function defaultOutcome(argv: readonly string[]): ExecOutcome {
  return argv[0] === 'false' ? { exitCode: 1 } : { exitCode: 0, stdout: `${argv.join(' ')}\n` };
}

function upgradeTo(frames: readonly Uint8Array[], end: 'close' | 'cut' | 'never'): SandboxResponse {
  return { status: 101, headers: {}, talk: { protocol, frames, end } };
}

function framesOf(channel: number, text: string): readonly Uint8Array[] {
  return text === '' ? [] : [Buffer.concat([Buffer.from([channel]), Buffer.from(text)])];
}

function statusOf(exitCode: number): object {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}
