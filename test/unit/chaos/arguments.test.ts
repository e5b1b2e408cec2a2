import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../chaos/arguments.ts';

describe('the flags of npm run chaos', () => {
  it('has usual values, and takes those given', () => {
    expect(parseArguments(['--seed', '7'])).toEqual({ rounds: 40, seconds: 3600, seed: 7, sabotage: 'none', isVerbose: false });
    expect(parseArguments(['--rounds', '5', '--seconds', '9', '--seed', '1', '--sabotage', 'no-fence', '--verbose'])).toEqual({
      rounds: 5,
      seconds: 9,
      seed: 1,
      sabotage: 'no-fence',
      isVerbose: true,
    });
  });

  it('says what is wrong, and how it is written', () => {
    expect(() => parseArguments(['--sabotage', 'no-fences'])).toThrow(/no-fences is none of none, no-fence, .*\n.*--sabotage/s);
    expect(() => parseArguments(['--rounds', '-1'])).toThrow();
    expect(() => parseArguments(['--rounds', 'many'])).toThrow('--rounds many is no whole number');
    expect(() => parseArguments(['--speed', '3'])).toThrow(/--speed/);
  });
});
