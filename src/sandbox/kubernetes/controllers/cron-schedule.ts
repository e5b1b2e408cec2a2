const ranges = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/** What is wrong with a schedule, in the words of the API server; undefined when nothing is. */
export function scheduleProblem(schedule: string): string | undefined {
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== 5) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  const bad = fields.find((field, index) => valuesOf(field, ranges[index] ?? [0, 0]) === undefined);
  return bad === undefined ? undefined : `failed to parse int from ${bad}`;
}

/** Whether the minute that begins at this time (UTC) is on the schedule. */
export function isDue(schedule: string, at: number): boolean {
  const date = new Date(at);
  const now = [date.getUTCMinutes(), date.getUTCHours(), date.getUTCDate(), date.getUTCMonth() + 1, date.getUTCDay()];
  const fields = schedule.trim().split(/\s+/);
  const hits = fields.map((field, index) => {
    const values = valuesOf(field, ranges[index] ?? [0, 0]);
    return values?.has(now[index] ?? -1) === true || (index === 4 && now[4] === 0 && values?.has(7) === true);
  });
  const [minute, hour, day, month, weekday] = hits;
  // Where both days are named, either will do.
  const isDay = fields[2] !== '*' && fields[4] !== '*' ? day === true || weekday === true : day === true && weekday === true;
  return minute === true && hour === true && month === true && isDay;
}

function valuesOf(field: string, [least, most]: readonly [number, number]): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [, from, to, step = '1'] = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [undefined, '-1'];
    const first = from === undefined ? least : Number(from);
    const last = from === undefined || (to === undefined && part.includes('/')) ? most : Number(to ?? from);
    if (first < least || last > most || first > last || Number(step) < 1) return undefined;
    for (let value = first; value <= last; value += Number(step)) values.add(value);
  }
  return values;
}
