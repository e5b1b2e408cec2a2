const quarter = 900_000;
const day = 86_400_000;

/** More days than this are not remembered. */
const mostDays = 1000;

/**
 * How far the wall clock at a location is ahead of UTC at a moment (ms since the epoch), in ms; `Local` is this process's own zone.
 * Throws a RangeError where there is no such location. Asking Intl is slow: one answer serves a day on which the clocks do not change.
 */
export function wallClock(location: string): (at: number) => number {
  const format = formatOf(location);
  const days = new Map<number, number | 'changes'>();
  const quarters = new Map<number, number>();
  const ask = (at: number) => {
    const known = quarters.get(at);
    if (known !== undefined) return known;
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const number = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const ahead = Date.UTC(number('year'), number('month') - 1, number('day'), number('hour'), number('minute')) - at;
    quarters.set(at, ahead);
    return ahead;
  };
  return (at) => {
    const start = Math.floor(at / day) * day;
    let ahead = days.get(start);
    if (ahead === undefined) {
      if (days.size >= mostDays) {
        days.clear();
        quarters.clear();
      }
      // Clocks change at quarters of an hour, and once a day at most.
      ahead = ask(start) === ask(start + day) ? ask(start) : 'changes';
      days.set(start, ahead);
    }
    return ahead === 'changes' ? ask(Math.floor(at / quarter) * quarter) : ahead;
  };
}

function formatOf(location: string): Intl.DateTimeFormat {
  const numeric = 'numeric' as const;
  const fields = { hourCycle: 'h23', year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric } as const;
  try {
    return new Intl.DateTimeFormat('en-US', location === 'Local' ? fields : { ...fields, timeZone: location });
  } catch {
    throw new RangeError(`expected a location such as Europe/Berlin, UTC or Local, found ${JSON.stringify(location)}`);
  }
}
