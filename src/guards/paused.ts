import type { Pause, PauseSubject } from '../ports/store.ts';
import { formatTarget } from '../value/target.ts';
import { allow } from './decide.ts';
import type { DescribedGuard } from './guard.ts';
import { namespacesOf } from './namespaces.ts';

/** Outranks everything, approvals too: by file or environment, or by a pause of any scope that covers the run. */
export const paused: DescribedGuard = {
  name: 'paused',
  summary: 'Nobody has paused Fixpoint, the rule, the source, the namespace or the target.',
  tier: 'mandatory',
  asks: 'inside',
  beforePlan: true,
  undo: true,
  fallback: 'nothing is paused',
  limit: 'none: it outranks approvals',
  outcomes: { defer: 'a pause covers the run: everything, its rule, source, namespace or target; the file or `FIXPOINT_PAUSED` is there' },
  inputs: ({ pauses, localPause, targets }) => ({
    pauses: pauses.map(({ id, scope, reason, by }) => ({ id, scope: { ...scope }, reason, by })),
    local: localPause ?? null,
    targets: targets.map(formatTarget),
  }),
  evaluate({ run, targets, pauses, localPause, now }) {
    if (localPause !== undefined) return { decision: 'defer', reason: localPause };
    const subject = { rule: run.rule, source: run.source, namespaces: namespacesOf(targets), targets: targets.map(formatTarget) };
    const pause = pauses.find((candidate) => isInForce(candidate, now) && covers(candidate, subject));
    if (pause === undefined) return allow('no pause covers this run');
    const until = pause.until === undefined ? {} : { until: pause.until };
    return { decision: 'defer', reason: `paused by ${pause.by} (${describeScope(pause)}): ${pause.reason}`, ...until };
  },
};

function isInForce(pause: Pause, now: number): boolean {
  return pause.until === undefined || pause.until > now;
}

function covers({ scope }: Pause, subject: PauseSubject): boolean {
  switch (scope.kind) {
    case 'global':
      return true;
    case 'rule':
      return subject.rule === scope.name;
    case 'source':
      return subject.source === scope.name;
    case 'namespace':
      return subject.namespaces.includes(scope.name);
    case 'target':
      return subject.targets.includes(scope.name);
  }
}

function describeScope({ scope }: Pause): string {
  return scope.kind === 'global' ? 'everything' : `${scope.kind} ${scope.name}`;
}
