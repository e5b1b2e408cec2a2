import type { OutboxMessage } from '../ports/store.ts';
import type { DecisionRecord, Run } from '../run/run.ts';

/** The call to a person that a storm asks for at once: one a storm, however many runs it holds up. */
export function stormCall(run: Run, refusal: DecisionRecord): OutboxMessage | undefined {
  if (refusal.guard !== 'alertStorm' || refusal.decision !== 'defer') return undefined;
  // A storm of one fleet is the rule's own.
  const about = refusal.since === undefined ? `storm-${run.rule}` : 'storm';
  return {
    key: `storm/${refusal.since ?? Math.floor(refusal.at / 3_600_000)}`,
    incident: about,
    run: run.id,
    severity: 'critical',
    title: `Alert storm: ${refusal.since === undefined ? `rule ${run.rule} holds` : 'Fixpoint holds'} its runs`,
    text: `${refusal.reason}. Nothing new is done until it is over; look at what tells of it first. One of the runs held up: ${run.id}, rule ${run.rule}, ${run.subject}.`,
    labels: { rule: run.rule, subject: run.subject },
  };
}
