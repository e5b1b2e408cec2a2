import { loadConfig } from '../config/load.ts';
import { UsageError, textOption, type Command, type Invocation } from './command.ts';
import { configOptions, flagsFrom } from './config-options.ts';
import { printBanner } from './serve-banner.ts';

/** A signal to a whole process group arrives twice within this, ms: from the terminal and from the launcher. */
const sameSignal = 1000;

export const serve: Command = {
  name: 'serve',
  summary: 'Receive alerts and act on them.',
  usage:
    '[--role all|api|worker] [--sandbox [--speed 10]] [--listen 127.0.0.1:8080] [--data ./data] [--rules ./rules] [--remediations ./remediations] [--redis <url>] [--config fixpoint.yaml]',
  example: 'fixpoint serve --sandbox',
  options: { ...configOptions, role: { type: 'string' }, sandbox: { type: 'boolean' }, speed: { type: 'string' } },
  positionals: { least: 0, most: 0 },
  async run(invocation) {
    const { values, environment, isTerminal } = invocation;
    const role = roleFrom(textOption(values, 'role') ?? 'all');
    const hasSandbox = values['sandbox'] === true;
    const speed = speedFrom(textOption(values, 'speed'), hasSandbox);
    const config = loadConfig(flagsFrom(values), environment);
    // From here on, for a start may take seconds, and to process 1 of a container a signal that nobody listens to is lost.
    const toldToStop = stopSignal(invocation);
    const { startService } = await import('../app/service.ts');
    const service = await startService({ config, role, isTerminal, ...(hasSandbox ? { sandbox: { speed } } : {}) });
    process.on('SIGHUP', () => service.reload());
    printBanner(invocation, service);
    await toldToStop;
    await service.close();
    return 0;
  },
};

export function speedFrom(text: string | undefined, hasSandbox: boolean): number {
  if (text === undefined) return 10;
  if (!hasSandbox) throw new UsageError('--speed is for the sandbox only');
  const speed = Number(text);
  if (!(speed >= 1 && speed <= 1000)) throw new UsageError(`--speed is a number from 1 to 1000, not ${text}`);
  return speed;
}

function roleFrom(text: string): 'all' | 'api' | 'worker' {
  if (text === 'all' || text === 'api' || text === 'worker') return text;
  throw new UsageError(`--role is all, api or worker, not ${text}`);
}

/** Resolves when SIGINT or SIGTERM asks for a stop in good order; a later second one stops at once. */
function stopSignal({ say }: Invocation): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false;
    let isLater = false;
    const stop = (signal: NodeJS.Signals) => {
      if (isLater) process.exit(1);
      if (isStopping) return;
      isStopping = true;
      setTimeout(() => {
        isLater = true;
      }, sameSignal).unref();
      say(`${signal}: stopping; once more stops at once`);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
