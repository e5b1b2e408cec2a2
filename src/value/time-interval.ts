import type { Duration } from './duration.ts';
import { wallClock } from './wall-clock.ts';

/** One interval as Alertmanager's `time_intervals` writes it. */
export interface WrittenTimeInterval {
  readonly times?: readonly { readonly start_time: string; readonly end_time: string }[] | undefined;
  readonly weekdays?: readonly string[] | undefined;
  readonly days_of_month?: readonly string[] | undefined;
  readonly months?: readonly string[] | undefined;
  readonly years?: readonly string[] | undefined;
  readonly location?: string | undefined;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Wall-clock time somewhere. `minute` of the day, `weekday` from Sunday = 0, `month` from 1. */
interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly minute: number;
}

/** A recurring stretch of wall-clock time in one location; all that is given must fit. */
export interface TimeInterval {
  /** Whether the moment (ms since the epoch) lies in it. What the clocks skip never does, what they repeat does twice. */
  contains(at: number): boolean;
  /** The next moment after `at` at which it may begin or end: nothing changes in between. */
  nextChange(at: number): number;
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const months = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];
const minuteMs = 60_000;
const quarterMs = 15 * minuteMs;

/** Throws a RangeError that says what is wrong. */
export function parseTimeInterval(written: WrittenTimeInterval): TimeInterval {
  const times = (written.times ?? []).map(({ start_time: start, end_time: end }) => {
    const range = { from: minuteOf(start), to: minuteOf(end) };
    if (range.from >= range.to) throw new RangeError(`start_time ${start} is not before end_time ${end}`);
    return range;
  });
  const days = (written.weekdays ?? []).map((text) => rangeOf(text, 'weekday', nameIn(weekdays, 0)));
  const dates = (written.days_of_month ?? []).map(dateRange);
  const monthRanges = (written.months ?? []).map((text) => rangeOf(text, 'month', monthOf));
  const years = (written.years ?? []).map((text) => rangeOf(text, 'year', (part) => (/^\d{4}$/.test(part) ? Number(part) : undefined)));
  const ahead = wallClock(written.location ?? 'UTC');
  const edges = [...times.flatMap(({ from, to }) => [from, to]), 1440].toSorted((a, b) => a - b);
  const fits = (ranges: readonly Range[], value: number) =>
    ranges.length === 0 || ranges.some(({ from, to }) => value >= from && value <= to);
  return {
    nextChange(at) {
      const { minute } = localTime(at + ahead(at));
      const edge = edges.find((one) => one > minute) ?? 1440;
      const next = Math.floor(at / minuteMs) * minuteMs + (edge - minute) * minuteMs;
      // Where the clocks change before then, which they do at quarters of an hour, the edge may come at another time.
      return ahead(next) === ahead(at) ? next : Math.min(next, Math.floor(at / quarterMs) * quarterMs + quarterMs);
    },
    contains(at) {
      const local = localTime(at + ahead(at));
      return (
        (times.length === 0 || times.some(({ from, to }) => local.minute >= from && local.minute < to)) &&
        fits(days, local.weekday) &&
        (dates.length === 0 || dates.some((range) => isDate(range, local))) &&
        fits(monthRanges, local.month) &&
        fits(years, local.year)
      );
    },
  };
}

/** The first moment from `from` on at which the condition over the intervals holds, to the minute; undefined within `horizon`. */
export function firstMoment(
  intervals: readonly TimeInterval[],
  { from, horizon }: { from: number; horizon: Duration },
  holds: (at: number) => boolean,
): number | undefined {
  for (let at = from; at <= from + horizon; at = Math.min(...intervals.map((interval) => interval.nextChange(at)))) {
    if (holds(at)) return at;
  }
  return undefined;
}

/** What the wall clock shows, of a moment already moved by how far it is ahead. */
function localTime(moved: number): LocalTime {
  const date = new Date(moved);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    minute: date.getUTCHours() * 60 + date.getUTCMinutes(),
  };
}

function minuteOf(text: string): number {
  const match = /^(?<hour>\d{2}):(?<minute>\d{2})$/.exec(text);
  const minute = Number(match?.groups?.['hour']) * 60 + Number(match?.groups?.['minute']);
  if (match === null || Number(match.groups?.['minute']) > 59 || minute > 1440) {
    throw new RangeError(`expected a time from 00:00 to 24:00, found ${JSON.stringify(text)}`);
  }
  return minute;
}

function rangeOf(text: string, what: string, read: (part: string) => number | undefined): Range {
  const parts = text.split(':').map((part) => read(part.trim().toLowerCase()));
  const [from, to = from] = parts;
  if (parts.length > 2 || from === undefined || to === undefined || parts.includes(undefined)) {
    throw new RangeError(`expected a ${what} or a range of them such as a:b, found ${JSON.stringify(text)}`);
  }
  if (from > to) throw new RangeError(`${what}s ${JSON.stringify(text)}: the first comes after the last; write two ranges`);
  return { from, to };
}

function nameIn(names: readonly string[], first: number): (part: string) => number | undefined {
  return (part) => (names.includes(part) ? names.indexOf(part) + first : undefined);
}

function monthOf(part: string): number | undefined {
  const number = /^\d{1,2}$/.test(part) ? Number(part) : nameIn(months, 1)(part);
  return number !== undefined && number >= 1 && number <= 12 ? number : undefined;
}

/** Days of the month, counted from its end where negative. */
function dateRange(text: string): Range {
  const parts = text.split(':').map((part) => (/^-?\d{1,2}$/.test(part.trim()) ? Number(part) : 0));
  const [from = 0, to = from] = parts;
  const isDay = (day: number) => day !== 0 && Math.abs(day) <= 31;
  if (parts.length > 2 || !isDay(from) || !isDay(to)) {
    throw new RangeError(`expected days of the month from 1 to 31 or -31 to -1, found ${JSON.stringify(text)}`);
  }
  const fromStart = (day: number) => (day < 0 ? 31 + day + 1 : day);
  if ((from < 0 && to > 0) || fromStart(from) > fromStart(to)) {
    throw new RangeError(`days of the month ${JSON.stringify(text)}: the first comes after the last`);
  }
  return { from, to };
}

function isDate({ from, to }: Range, { year, month, day }: LocalTime): boolean {
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const first = from < 0 ? days + from + 1 : from;
  const last = to < 0 ? days + to + 1 : to;
  return day >= first && day <= last;
}
