import { parseArguments } from './arguments.ts';
import { campaign } from './campaign.ts';
import { report, reportSabotage } from './report.ts';
import { sabotages } from './process/orders.ts';

const given = parseArguments(process.argv.slice(2));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
say(`chaos: seed ${given.seed}`);
// Leaving in good order takes what was started along.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
let isGood = true;
for (const sabotage of given.sabotage === 'all' ? sabotages.filter((name) => name !== 'none') : [given.sabotage]) {
  const outcome = await campaign({ ...given, sabotage, ...(given.isVerbose ? { progress: say } : {}) });
  const told = sabotage === 'none' ? report(outcome, given.seed) : reportSabotage(outcome, sabotage);
  for (const line of told.lines) say(line);
  isGood &&= told.isGood;
}
say(`chaos: seed ${given.seed}, ${isGood ? 'good' : 'BAD'}`);
process.exit(isGood ? 0 : 1);
