import type { OutboxMessage } from '../ports/store.ts';
import type { Run } from '../run/run.ts';

/** Label of alerts that we raise ourselves; intake drops what carries it. */
export const escalationLabel = 'fixpoint_escalation';

/** Guards whose denial stays silent: they say that Fixpoint has done its part lately, or that a person has decided. */
const quietDenials = new Set(['cooldown', 'rate', 'approval']);

/** The call to a person that a run's end asks for, if it does; one per incident by its key. */
export function escalationOf(run: Run, { severity, guard }: { severity: string; guard?: string }): OutboxMessage | undefined {
  if (!needsPerson(run, guard)) return undefined;
  const name = run.alert.labels['alertname'] ?? 'An alert';
  return {
    key: run.kind === 'undo' ? `undo/${run.id}` : `incident/${run.incident}`,
    incident: run.incident,
    run: run.id,
    severity,
    title: `${name}: ${run.rule}${run.kind === 'undo' ? ', taken back,' : ''} ${run.phase} on ${run.subject}`,
    text: `${run.reason}\n\n${storyOf(run)}`,
    labels: { rule: run.rule, subject: run.subject, ...namespaceOf(run) },
  };
}

function needsPerson(run: Run, guard: string | undefined): boolean {
  // A replay is a person's own doing: they are looking already.
  if (run.replayOf !== undefined) return false;
  if (run.phase === 'denied') return guard !== undefined && !quietDenials.has(guard);
  return run.phase === 'failed' || run.phase === 'interrupted' || run.phase === 'expired';
}

function namespaceOf(run: Run): Record<string, string> {
  const namespace = run.alert.labels['namespace'];
  return namespace === undefined ? {} : { namespace };
}

/** What was tried, one line a rung. */
function storyOf(run: Run): string {
  return run.rungs
    .map((rung, index) => {
      const changes = rung.steps.flatMap((step) =>
        step.changes.map(
          (change) => `${step.target ?? step.id} ${change.what}: ${JSON.stringify(change.from)} → ${JSON.stringify(change.to)}`,
        ),
      );
      const verdicts = rung.verdicts.map((verdict) => `${verdict.check} ${verdict.verdict} (${verdict.reason})`);
      return `${index + 1}. ${rung.remediation}: ${rung.state}${rung.reason === undefined ? '' : `, ${rung.reason}`}\n   ${[...changes, ...verdicts].join('\n   ')}`.trimEnd();
    })
    .join('\n');
}
