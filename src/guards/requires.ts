import type { Requirement } from '../rule/guard-settings.ts';
import { pointed } from '../value/pointed.ts';
import { printable } from '../value/printable.ts';
import { allow } from './decide.ts';
import type { DescribedGuard, GuardContext } from './guard.ts';

/** Holds the run until all that the rule requires is so. What cannot be answered holds, too. */
export const requires: DescribedGuard = {
  name: 'requires',
  summary: 'All that the rule requires of the world is so.',
  tier: 'configurable',
  asks: 'outside',
  beforePlan: true,
  unanswered: 'defer',
  fallback: 'none',
  limit: 'none',
  outcomes: {
    defer:
      'a condition is false; a query returns no series, nought, or no number; a field of an object is not what it has to be; one of them cannot be answered',
  },
  inputs: ({ settings }) => ({ requires: settings.requires.map(({ text }) => text) }),
  async evaluate(context) {
    const { requires: all } = context.settings;
    for (const requirement of all) {
      const why = await whyNot(requirement, context);
      if (why !== undefined) return { decision: 'defer', reason: `requires ${requirement.text}: ${why}` };
    }
    return allow(all.length === 0 ? 'the rule requires nothing' : 'all that the rule requires is so');
  },
};

async function whyNot(requirement: Requirement, context: GuardContext): Promise<string | undefined> {
  const { alert, alerts, kubernetes, prometheus, run, values, signal } = context;
  if (requirement.kind === 'cel') {
    const known = requirement.values.length === 0 ? {} : await values(requirement.values, signal);
    return requirement.holds({ alert, alerts, values: known }) ? undefined : `false${describe(known)}`;
  }
  if (requirement.kind === 'object') {
    const { object, path, value, isWanted } = requirement;
    const found = pointed(await kubernetes.get(object, signal), path);
    return (found === value) === isWanted ? undefined : `it is ${printable(found)}`;
  }
  const from = requirement.from === undefined ? {} : { from: requirement.from };
  const samples = await prometheus.query(requirement.render({ alert, alerts }), { ...from, source: run.source, signal });
  const [first] = samples;
  if (first === undefined) return 'the query returned no series';
  const unmet = samples.find(({ value }) => !Number.isFinite(value) || value === 0);
  return unmet && `a series is ${unmet.value}`;
}

function describe(values: Readonly<Record<string, number>>): string {
  const told = Object.entries(values).map(([name, value]) => `${name} is ${value}`);
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}
