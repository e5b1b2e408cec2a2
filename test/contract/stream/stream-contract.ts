import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventStream } from '../../../src/sandbox/patients/safety-system/event-stream.ts';

export interface StreamUnderTest {
  readonly stream: EventStream;
  /** Resolves when everything that was asked for has been done. */
  whenIdle(): Promise<void>;
  close(): Promise<void>;
}

/** A stream that is counted and one in a real Redis behave alike. */
export function describeStream(name: string, make: () => Promise<StreamUnderTest>): void {
  describe(`a stream ${name}`, () => {
    let under: StreamUnderTest;
    beforeEach(async () => {
      under = await make();
    });
    afterEach(() => under.close());

    async function turn(arrivals: number, ...consumers: readonly number[]) {
      under.stream.take({ arrivals, consumers });
      await under.whenIdle();
      return under.stream.state;
    }

    it('lets a consumer acknowledge what it reads, as far as it can', async () => {
      expect(await turn(60, 40)).toEqual({ pending: 20, lag: 0, handled: 40 });
      expect(await turn(10, 40)).toEqual({ pending: 0, lag: 0, handled: 70 });
      expect(await turn(0, 40)).toEqual({ pending: 0, lag: 0, handled: 70 });
    });

    it('shares what there is to read among all consumers', async () => {
      under.stream.fill(9000);
      expect(await turn(0, 3000, 3000, 3000)).toEqual({ pending: 0, lag: 0, handled: 9000 });
    });

    it('lets a consumer that hangs read until it holds its fill, and no further', async () => {
      under.stream.fill(12_000);
      expect(await turn(0, 0, 0)).toEqual({ pending: 10_000, lag: 2000, handled: 0 });
      expect(await turn(500, 0, 0)).toEqual({ pending: 10_000, lag: 2500, handled: 0 });
      expect(await turn(0, 0, 0, 2500)).toEqual({ pending: 10_000, lag: 0, handled: 2500 });
    });

    it('gives the first consumer what one held that is gone', async () => {
      await turn(3000, 0, 0, 0);
      expect(await turn(0, 5000)).toEqual({ pending: 0, lag: 0, handled: 3000 });
    });

    it('keeps everything while there is no consumer', async () => {
      await turn(100, 0);
      expect(await turn(200)).toEqual({ pending: 100, lag: 200, handled: 0 });
    });

    it('can be emptied', async () => {
      await turn(3000, 10);
      under.stream.clear();
      await under.whenIdle();
      expect(under.stream.state).toEqual({ pending: 0, lag: 0, handled: 10 });
      expect(await turn(5, 10)).toEqual({ pending: 0, lag: 0, handled: 15 });
    });
  });
}
