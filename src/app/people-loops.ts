import type { Config } from '../config/config.ts';
import { callAboutStuck } from '../pipeline/call-about-stuck.ts';
import { deliverNotices } from '../pipeline/deliver-notices.ts';
import type { Engine } from '../pipeline/engine.ts';
import { lookAfterCalls } from '../pipeline/look-after-calls.ts';
import { makeNotices } from '../pipeline/make-notices.ts';
import { SilenceKeeper } from '../pipeline/silence-keeper.ts';
import type { Outside } from './outside.ts';

/** Work that comes again. */
export interface Loop {
  readonly name: string;
  /** Ms between two turns. */
  readonly every: number;
  work(): Promise<void>;
}

/** What goes on beside the runs so that people hear what they should, and not what they need not. */
export function peopleLoops(
  engine: Engine,
  { config: { publicUrl, quiet }, outside: { people, silencer } }: { config: Config; outside: Pick<Outside, 'people' | 'silencer'> },
): readonly Loop[] {
  const silences = new SilenceKeeper({ ...engine, silencer });
  return [
    { name: 'calls', every: 500, work: () => lookAfterCalls({ ...engine, channels: people.calls, publicUrl }) },
    { name: 'stuck incidents', every: 30_000, work: () => callAboutStuck(engine, quiet) },
    {
      name: 'notices',
      every: 500,
      async work() {
        await makeNotices(engine, people.notices);
        await deliverNotices({ ...engine, channels: people.notices, publicUrl });
      },
    },
    { name: 'silences', every: 2000, work: () => silences.turn() },
  ];
}
