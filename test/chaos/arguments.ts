import { parseArgs } from 'node:util';
import { sabotages, type Sabotage } from './process/orders.ts';

export interface ChaosArguments {
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
  readonly sabotage: Sabotage | 'all';
  readonly isVerbose: boolean;
}

/** Rounds unless told; sabotage is to be caught within the second number. */
const usualRounds = 40;
const sabotagedRounds = 150;
const usualSeconds = 3600;

const usage = `npm run chaos -- [--rounds N] [--seconds S] [--seed X] [--sabotage ${sabotages.join('|')}|all] [--verbose]`;

/** The flags of `npm run chaos`; throws what is wrong with them and how they are written. */
export function parseArguments(args: readonly string[]): ChaosArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      sabotage: { type: 'string', default: 'none' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const { sabotage } = values;
  if (!isSabotage(sabotage)) throw new RangeError(`--sabotage ${sabotage} is none of ${sabotages.join(', ')}, all\n${usage}`);
  return {
    rounds: wholeNumber('--rounds', values.rounds, sabotage === 'none' ? usualRounds : sabotagedRounds),
    seconds: wholeNumber('--seconds', values.seconds, usualSeconds),
    seed: wholeNumber('--seed', values.seed, Date.now() % 2 ** 31),
    sabotage,
    isVerbose: values.verbose,
  };
}

function wholeNumber(flag: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,10}$/.test(text)) throw new RangeError(`${flag} ${text} is no whole number\n${usage}`);
  return Number(text);
}

function isSabotage(name: string): name is Sabotage | 'all' {
  return name === 'all' || (sabotages as readonly string[]).includes(name);
}
