import type { CompiledRule } from '../rule/compiled-rule.ts';
import { modes, type Mode } from '../rule/mode.ts';

export type ModeCounts = Readonly<Record<Mode, number>>;

type Counted = Pick<CompiledRule, 'ladder'>;

/** How many rules may do what at most, within the limits: by the rung that may change something with the most autonomy. */
export function countModes(rules: readonly Counted[]): ModeCounts {
  const found = rules.map(mostOf);
  const [observe, plan, approve, auto] = modes.map((mode) => found.filter((one) => one === mode).length);
  return { auto: auto ?? 0, approve: approve ?? 0, plan: plan ?? 0, observe: observe ?? 0 };
}

/** `39 rules: 21 auto, 12 approve, 6 plan; limits.mode: none`. */
export function describeModes(counts: ModeCounts, limit: Mode | undefined): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(counts).flatMap(([mode, count]) => (count === 0 ? [] : [`${count} ${mode}`]));
  const each = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
  return `${total} ${total === 1 ? 'rule' : 'rules'}${each}; limits.mode: ${limit ?? 'none'}`;
}

function mostOf({ ladder }: Counted): Mode {
  const changing = ladder.filter(({ steps }) => steps.some(({ effect }) => effect !== 'read'));
  const counted = changing.length === 0 ? ladder : changing;
  return modes[Math.max(...counted.map(({ mode }) => modes.indexOf(mode)))] ?? 'observe';
}
