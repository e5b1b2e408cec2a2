import { FixpointError } from '../errors.ts';
import type { Sample } from '../ports/prometheus.ts';
import type { NamedValue, Scope } from '../rule/compiled-rule.ts';
import { within } from './deadline.ts';
import type { Engine } from './engine.ts';

/** Asks Prometheus for the named values; an empty answer, NaN, or several series under `only` is an error, never a zero. */
export async function readValues(
  engine: Engine,
  named: readonly NamedValue[],
  { scope, source, signal }: { scope: Scope; source: string; signal: AbortSignal },
): Promise<Readonly<Record<string, number>>> {
  const values: Record<string, number> = {};
  for (const value of named) {
    const limit = { clock: engine.clock, length: engine.timing.checkTimeout, what: `value ${value.name}`, parent: signal };
    const from = value.from === undefined ? {} : { from: value.from };
    const samples = await within(limit, (querySignal) =>
      engine.prometheus.query(value.render(scope), { ...from, source, signal: querySignal }),
    );
    values[value.name] = reduce(value, samples);
  }
  return values;
}

function reduce({ name, over }: NamedValue, samples: readonly Sample[]): number {
  const numbers = samples.map((sample) => sample.value);
  const [first] = numbers;
  if (first === undefined) throw new FixpointError('render.failed', `value ${name}: the query returned no series`);
  if (!numbers.every(Number.isFinite)) throw new FixpointError('render.failed', `value ${name}: a series is not a finite number`);
  if (over === 'only' && numbers.length > 1) {
    throw new FixpointError('render.failed', `value ${name}: ${numbers.length} series where one was expected (say over: max, min or sum)`);
  }
  switch (over) {
    case 'only':
      return first;
    case 'max':
      return Math.max(...numbers);
    case 'min':
      return Math.min(...numbers);
    case 'sum':
      return numbers.reduce((sum, number) => sum + number, 0);
  }
}
