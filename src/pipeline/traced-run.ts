import type { TracedSpan } from '../ports/tracing.ts';
import type { Run, RungRecord, StepRecord } from '../run/run.ts';
import type { Engine } from './engine.ts';

/** Hands over what a run that has ended did, all of it at once: what was done before a crash or a restart is in its record too. */
export function traceRun({ tracing }: Pick<Engine, 'tracing'>, run: Run): void {
  tracing?.ended(spanOf(run), run.trace === undefined ? {} : { parent: run.trace });
}

const good = new Set(['succeeded', 'planned', 'observed', 'superseded']);

/** A run as a span: its rungs, steps and verifications below it, guards' decisions as events. */
function spanOf(run: Run): TracedSpan {
  const { id, kind, incident, rule, source, subject, mode, phase, reason, attempt, approval, follows } = run;
  const to = run.finishedAt ?? run.updatedAt;
  const { answer } = approval ?? {};
  const asked: readonly TracedSpan[] =
    approval === undefined
      ? []
      : [
          {
            name: 'approval',
            from: approval.askedAt,
            to: answer?.at ?? to,
            attributes:
              answer === undefined
                ? {}
                : { 'fixpoint.approved': answer.approved, 'fixpoint.by': answer.by, 'fixpoint.reason': answer.reason },
          },
        ];
  return {
    name: `${kind === 'undo' ? 'undo' : 'run'} ${rule}`,
    from: run.createdAt,
    to,
    attributes: {
      'fixpoint.run': id,
      'fixpoint.incident': incident,
      'fixpoint.rule': rule,
      'fixpoint.source': source,
      'fixpoint.subject': subject,
      'fixpoint.mode': mode,
      'fixpoint.attempt': attempt,
      'fixpoint.outcome': phase,
      'fixpoint.reason': reason,
    },
    events: run.decisions.map(({ guard, at, decision, reason: why }) => ({
      name: 'decision',
      at,
      attributes: { 'fixpoint.guard': guard, 'fixpoint.decision': decision, 'fixpoint.reason': why },
    })),
    ...(follows === undefined ? {} : { links: [follows] }),
    ...(good.has(phase) ? {} : { failure: `${phase}: ${reason}` }),
    children: [...asked, ...run.rungs.flatMap((rung) => rungSpan(rung) ?? [])],
  };
}

/** Undefined for a rung that never came to act. */
function rungSpan(rung: RungRecord): TracedSpan | undefined {
  const steps = rung.steps.flatMap((step) => stepSpan(step) ?? []);
  const verified = verification(rung);
  const children = [...steps, ...(verified === undefined ? [] : [verified])];
  if (children.length === 0) return undefined;
  return {
    name: `rung ${rung.remediation}`,
    from: rung.startedAt ?? Math.min(...children.map(({ from }) => from)),
    to: Math.max(...children.map(({ to }) => to)),
    attributes: {
      'fixpoint.remediation': rung.remediation,
      'fixpoint.state': rung.state,
      ...(rung.reason === undefined ? {} : { 'fixpoint.reason': rung.reason }),
    },
    ...(rung.state === 'failed' ? { failure: rung.reason ?? 'failed' } : {}),
    children,
  };
}

function stepSpan({ id, action, target, effect, error, startedAt, finishedAt }: StepRecord): TracedSpan | undefined {
  if (startedAt === undefined) return undefined;
  return {
    name: `step ${action}`,
    from: startedAt,
    to: finishedAt ?? startedAt,
    attributes: {
      'fixpoint.step': id,
      'fixpoint.action': action,
      'fixpoint.effect': effect,
      ...(target === undefined ? {} : { 'fixpoint.target': target }),
    },
    ...(error === undefined ? {} : { failure: `${error.code}: ${error.message}` }),
  };
}

function verification({ effectAt, verdicts }: RungRecord): TracedSpan | undefined {
  if (effectAt === undefined || verdicts.length === 0) return undefined;
  return {
    name: 'verify',
    from: effectAt,
    to: Math.max(effectAt, ...verdicts.map(({ at }) => at)),
    attributes: {},
    events: verdicts.map(({ check, verdict, reason, at }) => ({
      name: 'verdict',
      at,
      attributes: { 'fixpoint.check': check, 'fixpoint.verdict': verdict, 'fixpoint.reason': reason },
    })),
  };
}
