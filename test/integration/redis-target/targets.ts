import { readFileSync } from 'node:fs';
import { afterEach } from 'vitest';
import { RedisTargets } from '../../../src/adapters/redis-target/redis-target.ts';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import type { PlanContext, WriteContext } from '../../../src/actions/action.ts';
import type { RedisTargetConfig } from '../../../src/config/config.ts';
import type { RedisReader, RedisWriter } from '../../../src/ports/redis-target.ts';
import { Secret } from '../../../src/value/secret.ts';
import { contextOf } from '../../support/actions/world.ts';

const open: RedisTargets[] = [];
afterEach(() => {
  for (const targets of open.splice(0)) targets.close();
});

export const signal = (): AbortSignal => AbortSignal.timeout(20_000);

export interface TargetOptions extends Partial<Omit<RedisTargetConfig, 'password'>> {
  readonly password?: string;
  readonly secret?: () => Secret;
  readonly readFile?: (path: string) => string;
  readonly own?: () => Promise<ReadonlySet<string>>;
}

/** One declared Redis, `cache`; closed after the test. */
export function targetsOf(at: RedisTargetConfig['at'], { own, password, secret, readFile, ...rest }: TargetOptions = {}): RedisTargets {
  const targets = new RedisTargets({
    targets: new Map([
      [
        'cache',
        {
          at,
          database: 0,
          tls: false,
          timeout: 2000,
          commands: [],
          ...rest,
          ...(password === undefined ? {} : { password: () => new Secret(password) }),
          ...(secret === undefined ? {} : { password: secret }),
        },
      ],
    ]),
    ownStore: own ?? (() => Promise.resolve(new Set(['of-another-server']))),
    readFile: readFile ?? ((path) => readFileSync(path, 'utf8')),
  });
  open.push(targets);
  return targets;
}

export const standalone = ({ port }: { port: number }) => ({ kind: 'standalone' as const, address: `127.0.0.1:${port}` });

/** Every request of the writer is permitted and kept. */
export function contextOver(targets: RedisTargets): { context: WriteContext & PlanContext; permits: number[] } {
  const permits: number[] = [];
  const writer = targets.writer((neededMs) => {
    permits.push(neededMs);
    return Promise.resolve();
  });
  const port: RedisReader & RedisWriter = {
    deployment: (connection, ends) => targets.deployment(connection, ends),
    read: (request, ends) => targets.read(request, ends),
    info: (node, ends) => targets.info(node, ends),
    allowed: (connection, command) => targets.allowed(connection, command),
    send: (request, ends) => writer.send(request, ends),
  };
  return { context: contextOf({ redis: port }, systemClock()), permits };
}
