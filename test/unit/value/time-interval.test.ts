import { describe, expect, it } from 'vitest';
import { firstMoment, parseTimeInterval, type WrittenTimeInterval } from '../../../src/value/time-interval.ts';

const berlin = 'Europe/Berlin';
const contains = (written: WrittenTimeInterval, at: string) => parseTimeInterval(written).contains(Date.parse(at));

describe('a time interval', () => {
  it.each<[string, WrittenTimeInterval, string, boolean]>([
    ['nothing given: always', {}, '2026-03-29T02:30:00Z', true],
    ['its start', { times: [{ start_time: '09:00', end_time: '17:00' }] }, '2026-11-25T09:00:00Z', true],
    ['its end, which is outside', { times: [{ start_time: '09:00', end_time: '17:00' }] }, '2026-11-25T17:00:00Z', false],
    ['its last moment', { times: [{ start_time: '09:00', end_time: '17:00' }] }, '2026-11-25T16:59:59Z', true],
    ['the end of the day', { times: [{ start_time: '23:00', end_time: '24:00' }] }, '2026-11-25T23:59:00Z', true],
    ['a weekday of a range', { weekdays: ['monday:friday'] }, '2026-11-25T00:00:00Z', true],
    ['a weekday outside', { weekdays: ['Monday:Friday'] }, '2026-11-28T00:00:00Z', false],
    ['sunday, the first', { weekdays: ['sunday'] }, '2026-11-29T00:00:00Z', true],
    ['the last day of a month', { days_of_month: ['-1'] }, '2026-02-28T12:00:00Z', true],
    ['the day before it', { days_of_month: ['-1'] }, '2026-02-27T12:00:00Z', false],
    ['the last of a leap year’s', { days_of_month: ['-1'] }, '2028-02-29T12:00:00Z', true],
    ['the last days', { days_of_month: ['-3:-1'] }, '2026-11-28T12:00:00Z', true],
    ['from a day to the end', { days_of_month: ['25:-1'] }, '2026-11-30T12:00:00Z', true],
    ['a day that the month does not have', { days_of_month: ['31'] }, '2026-11-30T12:00:00Z', false],
    ['a month by name', { months: ['november'] }, '2026-11-30T12:00:00Z', true],
    ['months by number', { months: ['3:5', '11'] }, '2026-11-30T12:00:00Z', true],
    ['other months', { months: ['january:march'] }, '2026-11-30T12:00:00Z', false],
    ['a year', { years: ['2025:2027'] }, '2026-11-30T12:00:00Z', true],
    ['another year', { years: ['2025'] }, '2026-11-30T12:00:00Z', false],
    ['all that is given', { weekdays: ['wednesday'], months: ['12'] }, '2026-11-25T00:00:00Z', false],
    ['the day elsewhere', { weekdays: ['thursday'], location: 'Asia/Tokyo' }, '2026-11-25T15:00:00Z', true],
    ['the year elsewhere', { years: ['2027'], location: 'Pacific/Auckland' }, '2026-12-31T12:00:00Z', true],
    [
      'a quarter of an hour elsewhere',
      { times: [{ start_time: '05:45', end_time: '05:46' }], location: 'Asia/Kathmandu' },
      '2026-01-01T00:00:00Z',
      true,
    ],
  ])('contains %s', (...row) => {
    const [, written, at, expected] = row;
    expect(contains(written, at)).toBe(expected);
  });

  it('never begins in the hour that the clocks skip', () => {
    const skipped = { times: [{ start_time: '02:15', end_time: '02:45' }], location: berlin };
    const day = Date.parse('2026-03-29T00:00:00Z');
    const minutes = Array.from({ length: 20 * 60 }, (_none, index) => day + index * 60_000);
    expect(minutes.filter((at) => parseTimeInterval(skipped).contains(at))).toEqual([]);
    // One that spans it is an hour shorter.
    const spanning = parseTimeInterval({ times: [{ start_time: '01:00', end_time: '04:00' }], location: berlin });
    expect(minutes.filter((at) => spanning.contains(at)).length).toBe(120);
  });

  it('comes twice in the hour that the clocks repeat', () => {
    const repeated = parseTimeInterval({ times: [{ start_time: '02:15', end_time: '02:45' }], location: berlin });
    const at = (time: string) => repeated.contains(Date.parse(`2026-10-25T${time}:00Z`));
    expect(['00:14', '00:15', '00:44', '00:45', '01:14', '01:15', '01:44', '01:45'].map(at)).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  it('is in this process’s own zone where its location is Local', () => {
    const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    const [local, named] = ['Local', zone].map((location) =>
      parseTimeInterval({ times: [{ start_time: '09:00', end_time: '17:00' }], location }),
    );
    const day = Date.parse('2026-11-25T00:00:00Z');
    const hours = Array.from({ length: 24 }, (_none, index) => day + index * 3_600_000);
    expect(hours.filter((at) => local?.contains(at)).length).toBe(8);
    expect(hours.map((at) => local?.contains(at))).toEqual(hours.map((at) => named?.contains(at)));
  });

  it.each<[WrittenTimeInterval, string]>([
    [{ times: [{ start_time: '9:00', end_time: '17:00' }] }, 'expected a time from 00:00 to 24:00, found "9:00"'],
    [{ times: [{ start_time: '09:60', end_time: '17:00' }] }, 'found "09:60"'],
    [{ times: [{ start_time: '09:00', end_time: '24:01' }] }, 'found "24:01"'],
    [{ times: [{ start_time: '17:00', end_time: '09:00' }] }, 'start_time 17:00 is not before end_time 09:00'],
    [{ weekdays: ['mon'] }, 'expected a weekday or a range of them such as a:b, found "mon"'],
    [{ weekdays: ['saturday:sunday'] }, 'the first comes after the last; write two ranges'],
    [{ days_of_month: ['0'] }, 'found "0"'],
    [{ days_of_month: ['32'] }, 'found "32"'],
    [{ days_of_month: ['-1:-3'] }, 'the first comes after the last'],
    [{ days_of_month: ['-3:5'] }, 'the first comes after the last'],
    [{ months: ['13'] }, 'expected a month'],
    [{ years: ['26'] }, 'expected a year'],
    [{ years: ['2026:2025'] }, 'the first comes after the last'],
    [{ location: 'Berlin' }, 'expected a location such as Europe/Berlin, UTC or Local, found "Berlin"'],
  ])('is refused: %j', (written, reason) => {
    expect(() => parseTimeInterval(written)).toThrow(reason);
  });
});

describe('the first moment', () => {
  const from = Date.parse('2026-10-24T20:07:31Z');
  const first = (written: WrittenTimeInterval, days = 8) => {
    const interval = parseTimeInterval(written);
    const found = firstMoment([interval], { from, horizon: days * 86_400_000 }, (at) => interval.contains(at));
    return found === undefined ? undefined : new Date(found).toISOString();
  };

  it.each<[string, WrittenTimeInterval, string | undefined]>([
    ['now', {}, '2026-10-24T20:07:31.000Z'],
    ['the next minute', { times: [{ start_time: '20:08', end_time: '20:09' }] }, '2026-10-24T20:08:00.000Z'],
    [
      'tomorrow morning, in winter time',
      { times: [{ start_time: '09:07', end_time: '17:00' }], location: berlin },
      '2026-10-25T08:07:00.000Z',
    ],
    ['the first of two', { times: [{ start_time: '02:20', end_time: '02:21' }], location: berlin }, '2026-10-25T00:20:00.000Z'],
    ['next friday', { weekdays: ['friday'], location: 'America/New_York' }, '2026-10-30T04:00:00.000Z'],
    ['too far away', { months: ['december'] }, undefined],
  ])('is %s', (_what, written, expected) => {
    expect(first(written)).toBe(expected);
  });

  it('is looked for where something may change only', () => {
    const office = parseTimeInterval({
      times: [{ start_time: '09:07', end_time: '17:00' }],
      weekdays: ['monday:friday'],
      location: berlin,
    });
    let asked = 0;
    const found = firstMoment([office], { from: Date.parse('2026-11-01T00:00:00Z'), horizon: 8 * 86_400_000 }, () => {
      asked += 1;
      return false;
    });
    expect([found, asked]).toEqual([undefined, 8 * 3 + 1]);
  });
});
