import type { Alert } from '../alert/alert.ts';
import type { Matcher } from '../alert/matcher.ts';
import { FixpointError } from '../errors.ts';
import { parseTarget } from '../value/target.ts';
import type { PlacedRung } from './compile-rung.ts';
import type { Reporter } from './reporter.ts';
import { unknownTargetKeys } from './rung-target.ts';
import { expressionsOf } from './template-tree.ts';

/** A rule without `subject:` is about its first rung's first target; reports where that says too little. */
export function checkSubject(rungs: readonly PlacedRung[], matchers: readonly Matcher[], reporter: Reporter): void {
  const [first] = rungs;
  if (first === undefined || reporter.errors() > 0) return;
  const unknown = unknownTargetKeys(first.remediation, first.tree);
  if (unknown.length > 0) {
    reporter.error(
      ['ladder', 0],
      `what rung ${first.remediation.name} acts on (${unknown.join(', ')}) is known only after reading; declare subject:`,
    );
    return;
  }
  const probe = probeAlert(rungs, matchers);
  const targets = rungs.map((rung) => probeTarget(rung, probe));
  const [subject] = targets;
  if (subject === null && first.remediation.steps.some(({ effect }) => effect !== 'read')) {
    reporter.error(['ladder', 0], `what rung ${first.remediation.name} acts on is found by reading (the owner of a pod); declare subject:`);
    return;
  }
  for (const [index, target] of targets.entries()) {
    if (!known(target) || !known(subject) || target === subject) continue;
    reporter.error(
      ['ladder', index],
      `rung ${rungs[index]?.remediation.name} acts on ${target}, the first one on ${subject}; declare subject: to say what the rule is about`,
    );
  }
  const parsed = known(subject) ? parseTarget(subject) : undefined;
  if (parsed?.technology === 'kubernetes' && parsed.kind === 'pod') {
    reporter.error(['ladder', 0], `the rule would be about ${subject}, and pods come and go; declare subject: with what owns the pod`);
  }
}

/** An alert that has every label the rungs read: the matchers' values where they fix them, else a name. */
function probeAlert(rungs: readonly PlacedRung[], matchers: readonly Matcher[]): Alert {
  const trees = rungs.flatMap((rung) => [rung.tree, ...rung.remediation.steps.map((step) => step.tree)]);
  const read = trees.flatMap((tree) =>
    tree.templates.flatMap((placed) => expressionsOf(placed).flatMap(({ uses }) => [...uses.unguardedLabels])),
  );
  const labels = Object.fromEntries([
    ...read.map((name) => [name, 'x']),
    ...matchers.flatMap(({ name, values }) => (values?.[0] ? [[name, values[0]]] : [])),
  ]) as Record<string, string>;
  return { source: 'x', fingerprint: '0000000000000000', status: 'firing', labels, annotations: {}, startsAt: 0 };
}

/** Null where it is found by reading, undefined where the probe does not fit the rule. */
type ProbedTarget = string | null | undefined;

function known(target: ProbedTarget): target is string {
  return typeof target === 'string';
}

function probeTarget(rung: PlacedRung, probe: Alert): ProbedTarget {
  try {
    return rung.rung.target(probe) ?? null;
  } catch (error) {
    // The probe's labels need not fit the rule (a number, a known name): then nothing can be said here.
    if (error instanceof FixpointError) return undefined;
    throw error;
  }
}
