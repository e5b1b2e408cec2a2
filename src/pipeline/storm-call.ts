import type { OutboxMessage } from '../ports/people-store.ts';
import type { DecisionRecord, Run } from '../run/run.ts';

/** The call to a person that a storm asks for at once: one a storm, however many runs it holds up, and about none of them. */
export function stormCall(run: Run, refusal: DecisionRecord): OutboxMessage | undefined {
  if (refusal.guard !== 'alertStorm' || refusal.decision !== 'defer') return undefined;
  // A storm of one fleet is the rule's own.
  const isOfFleet = refusal.since === undefined;
  const since = refusal.since ?? `${run.rule}/${Math.floor(refusal.at / 3_600_000)}`;
  const rule = isOfFleet ? run.rule : 'none';
  const subject = isOfFleet ? `fixpoint/${run.rule}` : 'fixpoint/storm';
  return {
    key: `storm/${since}`,
    kind: 'call',
    incident: isOfFleet ? `storm-${run.rule}` : 'storm',
    run: '',
    rule,
    subject,
    severity: 'critical',
    title: `Alert storm: ${isOfFleet ? `rule ${run.rule} holds` : 'Fixpoint holds'} its runs`,
    text: `${refusal.reason}. Nothing new is done until it is over; look at what tells of it first. One of the runs held up: ${run.id}, rule ${run.rule}, ${run.subject}.`,
    reason: refusal.reason,
    changes: [],
    labels: { rule, subject },
  };
}
