import type { AnyAction, DatabaseNeed } from '../../actions/action.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import { strictestMode, type Mode } from '../../rule/mode.ts';
import { known } from './known.ts';
import { probedCalls, usesIn, type ProbedCall } from './probed-calls.ts';

export type Technology = DatabaseNeed['technology'];

/** What rules do with one declared database. */
export interface DatabaseUsers<Need> {
  readonly rules: ReadonlySet<string>;
  /** Some step fails its rung without it. */
  readonly isRequired: boolean;
  readonly needs: readonly { readonly need: Need; readonly rules: ReadonlySet<string> }[];
}

interface Asked {
  readonly rules: readonly CompiledRule[];
  readonly actions: ReadonlyMap<string, AnyAction>;
  readonly limit?: Mode;
}

/** The databases of a technology that rules name, each with what it has to let them do as far as their modes go. */
export function databaseUsers<T extends Technology>(
  technology: T,
  { rules, actions, limit }: Asked,
): ReadonlyMap<string, DatabaseUsers<Extract<DatabaseNeed, { technology: T }>>> {
  type Need = Extract<DatabaseNeed, { technology: T }>;
  const found = new Map<string, { rules: Set<string>; isRequired: boolean; needs: Map<string, { need: Need; rules: Set<string> }> }>();
  for (const probed of probedCalls(rules, actions)) {
    const { rule, rung, isOptional } = probed;
    const mode = strictestMode(rule.mode, rung.mode, ...(limit === undefined ? [] : [limit]));
    if (mode === 'observe') continue;
    for (const { text: name, decidedBy } of usesIn(probed, technology)) {
      if (decidedBy !== 'rule') continue;
      const users = found.get(name) ?? { rules: new Set(), isRequired: false, needs: new Map() };
      found.set(name, users);
      users.rules.add(rule.name);
      users.isRequired ||= !isOptional;
      for (const need of needsOf(probed)) {
        if (need.technology !== technology || (need.isForChanging && mode === 'plan')) continue;
        const key = JSON.stringify(need);
        const entry = users.needs.get(key) ?? { need: need as Need, rules: new Set() };
        users.needs.set(key, entry);
        entry.rules.add(rule.name);
      }
    }
  }
  return new Map([...found].map(([name, users]) => [name, { ...users, needs: [...users.needs.values()] }]));
}

/** Those that no alert decides. */
function needsOf({ call, other }: ProbedCall): readonly DatabaseNeed[] {
  const [ones, others] = [call, other].map(({ action, params, open }) => known(() => action.needs?.(params as never, open)) ?? []);
  const alike = new Set((others ?? []).map((need) => JSON.stringify(need)));
  return (ones ?? []).filter((need) => alike.has(JSON.stringify(need)));
}
