import { loadavg } from 'node:os';
import { acknowledge } from './acknowledge.ts';
import { action } from './action.ts';
import { admission } from './admission.ts';
import { matching } from './matching.ts';
import { storm } from './storm.ts';

const fsyncs = ['always', 'everysec'] as const;

/** Each bench by name, with its usual length. A bare reference runs in turns with ours; the ratios count, not the figures. */
const benches: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  acknowledge: () => acknowledge({ seconds: 4, rounds: 5, fsyncs }),
  action: () => action({ count: 200, fsyncs }),
  matching: () => matching({ rounds: 9 }),
  admission: () => admission({ count: 2000, fsyncs, subjects: 100_000 }),
  storm: () => storm({ notifications: 2000, alertsEach: 50, subjects: 500, fsyncs }),
};

const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
  const bench = benches[name];
  if (bench === undefined) throw new Error(`there is no bench ${name}; there are ${Object.keys(benches).join(', ')}`);
  const [before = 0] = loadavg();
  const lines = await bench();
  const [after = 0] = loadavg();
  process.stdout.write(`${lines.join('\n')}\n  (load of the machine before: ${before.toFixed(2)}, after: ${after.toFixed(2)})\n`);
}
