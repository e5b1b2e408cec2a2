import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstMoment, parseTimeInterval } from '../../../src/value/time-interval.ts';
import { wallClock } from '../../../src/value/wall-clock.ts';

const minute = 60_000;
const zone = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'America/St_Johns',
);
/** Among them days on which the clocks of one of the zones change. */
const day = fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01', '2026-11-25', '2028-02-28');
const moment = fc
  .record({ day, minutes: fc.integer({ min: -2000, max: 2000 }), rest: fc.integer({ min: 0, max: 59_999 }) })
  .map(({ day: date, minutes, rest }) => Date.parse(`${date}T00:00:00Z`) + minutes * minute + rest);
const clock = (of: number) => `${String(Math.floor(of / 60)).padStart(2, '0')}:${String(of % 60).padStart(2, '0')}`;
const times = fc
  .record({ from: fc.integer({ min: 0, max: 1438 }), length: fc.integer({ min: 1, max: 600 }) })
  .map(({ from, length }) => ({ start_time: clock(from), end_time: clock(Math.min(1440, from + length)) }));
const written = fc.record(
  { times: fc.array(times, { minLength: 1, maxLength: 2 }), weekdays: fc.constantFrom(['sunday'], ['monday:friday']), location: zone },
  { requiredKeys: ['times', 'location'] },
);

describe('a wall clock', () => {
  it('shows what the zone’s rules say at any moment', () => {
    fc.assert(
      fc.property(zone, fc.array(moment, { minLength: 1, maxLength: 5 }), (location, moments) => {
        const ahead = wallClock(location);
        const format = new Intl.DateTimeFormat('sv-SE', { timeZone: location, dateStyle: 'short', timeStyle: 'short' });
        for (const at of moments) expect(new Date(at + ahead(at)).toISOString().slice(0, 16).replace('T', ' ')).toBe(format.format(at));
      }),
    );
  });
});

/** Nights in which the clocks of a zone jump. */
const jump = fc.constantFrom(
  { location: 'Europe/Berlin', day: '2026-03-29' },
  { location: 'Europe/Berlin', day: '2026-10-25' },
  { location: 'America/New_York', day: '2026-03-08' },
  { location: 'Australia/Lord_Howe', day: '2026-10-04' },
);

describe('the first moment', () => {
  it('is the one that looking at every minute finds, also after the clocks have jumped', () => {
    fc.assert(
      fc.property(jump, times, fc.integer({ min: -900, max: 300 }), ({ location, day: date }, time, minutes) => {
        const interval = parseTimeInterval({ times: [time], location });
        const from = Date.parse(`${date}T00:00:00Z`) + minutes * minute;
        let expected = from;
        while (!interval.contains(expected)) expected += minute;
        expect(firstMoment([interval], { from, horizon: 4 * 1440 * minute }, (at) => interval.contains(at))).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('is the one that looking at every minute finds', () => {
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 2 }), moment, fc.boolean(), (all, from, isFreeze) => {
        const intervals = all.map(parseTimeInterval);
        const holds = (at: number) => intervals.some((interval) => interval.contains(at)) !== isFreeze;
        const horizon = 2 * 1440 * minute;
        let expected: number | undefined;
        for (let at = from; expected === undefined && at <= from + horizon; at = Math.floor(at / minute) * minute + minute)
          if (holds(at)) expected = at;
        expect(firstMoment(intervals, { from, horizon }, holds)).toBe(expected);
      }),
    );
  });
});
