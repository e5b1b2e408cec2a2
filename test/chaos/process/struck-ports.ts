import { writeSync } from 'node:fs';
import type { Commit } from '../../../src/ports/store.ts';
import { isTerminal } from '../../../src/run/phase.ts';
import { apiPoints, workerPoints, type Point } from '../kill-points.ts';
import type { Arm, Command, Said } from './orders.ts';

/** The pipe on which a process tells the harness; written at once, for the next moment may be its last. */
const pipe = 3;

export function say(said: Said): void {
  try {
    writeSync(pipe, `${JSON.stringify(said)}\n`);
  } catch {
    // The harness has gone: so will we.
  }
}

const points: ReadonlySet<string> = new Set([...workerPoints, ...apiPoints]);

/** Strikes this process (SIGKILL or SIGSTOP, by its own hand) at the calls it is armed for. */
export class Striker {
  readonly #arms = new Map<number, { readonly arm: Arm; left: number }>();

  take(command: Command): void {
    if (command.command === 'arm') this.#arms.set(command.arm.id, { arm: command.arm, left: command.arm.nth });
    else this.#arms.delete(command.id);
  }

  /** The same port; `nameOf` says which point a call is, where it is not `<port>.<method>`. */
  bind<T extends object>(port: T, name: string, nameOf?: (method: string, given: readonly unknown[]) => string): T {
    return new Proxy(port, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]): unknown => {
          const point = nameOf?.(String(key), given) ?? `${name}.${String(key)}`;
          const call = (): unknown => Reflect.apply(member, target, given);
          return points.has(point) ? this.#pass(point as Point, call) : call();
        };
      },
    });
  }

  async #pass(point: Point, call: () => unknown): Promise<unknown> {
    const arm = this.#aimedAt(point);
    if (arm?.moment === 'before') this.#strike(arm);
    const answer = call();
    // The request has left by then, its answer cannot have come.
    if (arm?.moment === 'during') setImmediate(() => this.#strike(arm));
    const value = await answer;
    if (arm?.moment === 'after') this.#strike(arm);
    return value;
  }

  #aimedAt(point: Point): Arm | undefined {
    for (const aimed of this.#arms.values()) {
      if (aimed.arm.point !== point) continue;
      aimed.left -= 1;
      if (aimed.left > 0) continue;
      this.#arms.delete(aimed.arm.id);
      return aimed.arm;
    }
    return undefined;
  }

  #strike(arm: Arm): void {
    say({ said: 'struck', arm, at: Date.now() });
    process.kill(process.pid, arm.act === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  }
}

/** Which commit point a commit is. */
export function commitPoint({ run, entries, release }: Commit): string {
  if (isTerminal(run.phase)) return 'store.commit end';
  const types = new Set(entries.map(({ type }) => type));
  if (types.has('intent')) return 'store.commit intent';
  if (types.has('step-applied')) return 'store.commit applied';
  if (types.has('rung-ended')) return 'store.commit climbing';
  if (run.phase === 'waiting' || run.phase === 'awaiting-approval') return 'store.commit waiting';
  if (run.phase === 'settling' || run.phase === 'verifying') return `store.commit ${run.phase}`;
  return release === undefined ? 'store.commit planned' : 'store.commit waiting';
}
