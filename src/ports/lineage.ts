import type { Duration } from '../value/duration.ts';
import type { OutboxMessage } from './people-store.ts';

/** What tells whether a store still has all that it once acknowledged. */
export interface LineageMark {
  /** Made once for the data of the store. */
  readonly generation: string;
  /** Journal entries ever written, those let go of since included. */
  readonly count: number;
  /** The store's time, ms. */
  readonly time: number;
}

/** A stop of everything, together with the call to a person that says why. */
export interface Freeze {
  /** Done once for each key. */
  readonly key: string;
  readonly reason: string;
  readonly by: string;
  readonly length: Duration;
  readonly message: OutboxMessage;
}

export interface Lineage {
  /** `candidate` becomes the generation of a store that has none. */
  lineage(candidate: string): Promise<LineageMark>;
  /** A global pause and a message to people in one write; false when that has been done already. */
  freeze(freeze: Freeze): Promise<boolean>;
}
