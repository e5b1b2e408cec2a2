import type { OutboxMessage } from '../ports/people-store.ts';
import type { Run } from '../run/run.ts';
import type { Duration } from '../value/duration.ts';
import { oneLine } from '../value/one-line.ts';
import { shortened } from '../value/shortened.ts';
import { evidenceOf } from './evidence-of.ts';
import { noAnswer } from './no-answer.ts';
import { quietWaits } from './quiet-guards.ts';
import { changeLine, readableChanges } from './readable-changes.ts';

/** Guards whose denial stays silent for a while: they say that Fixpoint has done its part lately, or that a person has decided. */
const quietDenials = new Set(['cooldown', 'rate', 'approval', 'window']);

/** Characters of a reason that a person is told. */
const longestReason = 1000;

interface Terms {
  readonly severity: string;
  /** The guard that denied, if one did. */
  readonly guard?: string;
  /** How long the call waits. */
  readonly after?: Duration | undefined;
  /** Whether it tells what reading steps have found. */
  readonly evidence?: boolean;
  readonly order?: OutboxMessage['order'] | undefined;
}

/** The call to a person that a run's end asks for, if it does; one per incident by its key. */
export function escalationOf(run: Run, { severity, guard, after, evidence, order }: Terms): OutboxMessage | undefined {
  if (!needsPerson(run, guard)) return undefined;
  const isUndo = run.kind === 'undo';
  const title = `${run.rule}${isUndo ? ', taken back,' : ''} ${run.phase} on ${run.subject}`;
  const call = callAbout(run, { severity, title, reason: run.reason, order, ...(evidence === true ? { evidence: evidenceOf(run) } : {}) });
  // These stand until a person has seen them, also when the alert is over: targets stay locked, or changed.
  const key = isUndo ? `undo/${run.id}` : run.phase === 'interrupted' ? `interrupted/${run.id}` : call.key;
  return { ...call, key, ...(after === undefined || after === 0 ? {} : { after }) };
}

function needsPerson(run: Run, guard: string | undefined): boolean {
  // A replay is a person's own doing: they are looking already.
  if (run.replayOf !== undefined) return false;
  // That a guard could not be asked is never silent.
  if (run.phase === 'denied') return guard !== undefined && (!quietDenials.has(guard) || run.reason.startsWith(`${guard}: ${noAnswer}`));
  // An incident that a pause or a window keeps from being acted upon calls once that has lasted, not when one of its runs is given up.
  if (run.phase === 'expired' && run.kind === 'remediation' && quietWaits.has(run.waiting?.guard ?? '')) return false;
  return run.phase === 'failed' || run.phase === 'interrupted' || run.phase === 'expired';
}

/** A call about a run's incident. */
export function callAbout(
  run: Run,
  {
    severity,
    title,
    reason,
    evidence = '',
    order,
  }: { severity: string; title: string; reason: string; evidence?: string; order?: OutboxMessage['order'] | undefined },
): OutboxMessage {
  return {
    ...aboutRun(run),
    key: `incident/${run.incident}`,
    kind: 'call',
    severity,
    title: oneLine(`${run.alert.labels['alertname'] ?? 'An alert'}: ${title}`),
    text: [shortened(reason, longestReason), storyOf(run), evidence, `fixpoint acknowledge ${run.id} --reason "…"`]
      .filter((part) => part !== '')
      .join('\n\n'),
    reason: shortened(reason, longestReason),
    changes: readableChanges(run),
    ...(order === undefined ? {} : { order }),
  };
}

/** What every message about a run says of it. */
export function aboutRun(run: Run): Pick<OutboxMessage, 'incident' | 'run' | 'rule' | 'subject' | 'labels'> {
  const namespace = run.alert.labels['namespace'];
  const subject = shortened(run.subject);
  return {
    incident: run.incident,
    run: run.id,
    rule: run.rule,
    subject,
    labels: { rule: run.rule, subject, ...(namespace === undefined ? {} : { namespace: shortened(namespace) }) },
  };
}

/** What was tried, one line a rung. */
function storyOf(run: Run): string {
  return run.rungs
    .map((rung, index) => {
      const changes = readableChanges({ rungs: [rung] }).map((change) => `${change.target} ${changeLine(change)}`);
      const verdicts = rung.verdicts.map((verdict) => oneLine(`${verdict.check} ${verdict.verdict} (${verdict.reason})`));
      const reason = rung.reason === undefined ? '' : `, ${oneLine(rung.reason)}`;
      return [`${index + 1}. ${rung.remediation}: ${rung.state}${reason}`, ...[...changes, ...verdicts].map((line) => `   ${line}`)].join(
        '\n',
      );
    })
    .join('\n');
}
