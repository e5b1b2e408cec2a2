import type { Incident } from '../run/incident.ts';
import type { Run } from '../run/run.ts';
import type { Rulebook } from '../rule/rulebook.ts';
import { isDnsLabel } from '../value/name.ts';
import { parseTarget } from '../value/target.ts';

/** Namespaces and targets that something has named. */
export interface KnownNames {
  readonly namespaces: ReadonlySet<string>;
  readonly targets: ReadonlySet<string>;
}

/** What rules name as they are written, and what incidents and runs are about; what a rule takes from an alert is known only by those. */
export function knownNames({
  rules,
  incidents,
  runs,
}: Pick<Rulebook, 'rules'> & { readonly incidents: readonly Incident[]; readonly runs: readonly Run[] }): KnownNames {
  const namespaces = new Set<string>();
  const targets = new Set<string>();
  const noteTarget = (text: string): void => {
    const target = parseTarget(text);
    if (target === undefined || target.technology === 'run') return;
    targets.add(text);
    if (target.technology === 'kubernetes' && target.namespace !== undefined) namespaces.add(target.namespace);
  };
  const noteNamespace = (text: string | undefined): void => {
    if (text !== undefined && isDnsLabel(text)) namespaces.add(text);
  };

  for (const { matchers, definition } of rules) {
    for (const { name, operator, values = [] } of matchers)
      if (name === 'namespace' && operator.startsWith('=')) for (const value of values) noteNamespace(value);
    eachText(definition, (text, key) => (key === 'namespace' ? noteNamespace(text) : noteTarget(text)));
  }
  for (const { subject, members } of incidents) {
    noteTarget(subject);
    for (const { alert } of members) noteNamespace(alert.labels['namespace']);
  }
  for (const { subject, rungs, alert } of runs) {
    noteTarget(subject);
    noteNamespace(alert.labels['namespace']);
    for (const { steps } of rungs) for (const { target } of steps) if (target !== undefined) noteTarget(target);
  }
  return { namespaces, targets };
}

function eachText(value: unknown, visit: (text: string, key: string) => void, key = ''): void {
  if (typeof value === 'string') visit(value, key);
  else if (Array.isArray(value)) for (const member of value) eachText(member, visit, key);
  else if (typeof value === 'object' && value !== null) for (const [name, member] of Object.entries(value)) eachText(member, visit, name);
}
