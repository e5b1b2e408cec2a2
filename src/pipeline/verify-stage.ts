import type { CheckAnswer } from '../checks/check.ts';
import { messageOf } from '../errors.ts';
import type { CompiledCheck } from '../rule/compiled-rule.ts';
import type { RungRecord, VerdictRecord } from '../run/run.ts';
import { formatDuration } from '../value/duration.ts';
import { within } from './deadline.ts';
import type { Engine } from './engine.ts';
import { finish } from './finish.ts';
import { alertOf } from './new-run.ts';
import { failRung } from './climb.ts';
import { pollAfter } from './poll.ts';
import { scopeOf } from './rung-scope.ts';
import { compiledRung, currentRung, entryOf, withRung, type Stint } from './stint.ts';

/** Asks every check; success needs all of them passed at once, and at least one that is positive evidence. */
export async function verifyStage(engine: Engine, stint: Stint): Promise<void> {
  const { held } = stint;
  const rung = currentRung(stint);
  const checks = compiledRung(stint)?.verify.checks ?? [];
  const answers = await Promise.all(checks.map((check, index) => askCheck(engine, stint, { check, index, rung })));
  held.signal.throwIfAborted();
  const verdicts = answers.map(({ record }) => record);
  const changed = verdicts.filter((verdict, index) => verdict.verdict !== rung.verdicts[index]?.verdict);
  const entries = changed.map((verdict) =>
    entryOf(held.run, 'verdict', { check: verdict.check, verdict: verdict.verdict, reason: verdict.reason }),
  );
  const next: RungRecord = { ...rung, verdicts };
  const hasPassed = answers.length > 0 && answers.every(({ holds }) => holds) && checks.some((check) => check.positive);
  if (hasPassed) {
    count(engine, stint, verdicts);
    const run = withRung(held.run, { ...next, state: 'succeeded' });
    return await finish(engine, stint, {
      phase: 'succeeded',
      reason: verdicts.map(({ check, reason }) => `${check}: ${reason}`).join('; '),
      run,
      entries,
    });
  }
  const open = verdicts.filter((_verdict, index) => answers[index]?.holds !== true);
  const reason =
    open.length === 0
      ? 'no check gives positive evidence'
      : open.map((verdict) => `${verdict.check} ${verdict.verdict}: ${verdict.reason}`).join('; ');
  if (held.now >= (rung.verifyUntil ?? 0)) {
    count(engine, stint, verdicts);
    return await failRung(engine, stint, { ...next, reason: `did not help: ${reason}` });
  }
  const wakeAt = Math.min(held.now + pollAfter(held.now - (rung.effectAt ?? held.now)), Math.max(held.now + 50, rung.verifyUntil ?? 0));
  await held.enter('verifying', reason, { run: withRung(held.run, next), entries, release: { wakeAt } });
}

interface CheckRequest {
  readonly check: CompiledCheck;
  readonly index: number;
  readonly rung: RungRecord;
}

/** The verdict now, and whether it has held for as long as the check demands. */
async function askCheck(
  engine: Engine,
  { held }: Stint,
  { check, index, rung }: CheckRequest,
): Promise<{ record: VerdictRecord; holds: boolean }> {
  const { run } = held;
  let answer: CheckAnswer;
  let holdFor = 0;
  try {
    const member = engine.checks.get(check.check);
    if (member === undefined) throw new Error(`this version has no check ${check.check}`);
    const params = check.render(scopeOf(run, held.incident, rung)) as never;
    holdFor = member.holdFor(params) / engine.speed;
    const limit = { clock: engine.clock, length: engine.timing.checkTimeout, what: `check ${check.check}`, parent: held.signal };
    const effectAt = rung.effectAt ?? held.now;
    answer = await within(limit, (signal) =>
      member.evaluate(params, {
        kubernetes: engine.kubernetes,
        http: engine.http,
        prometheus: engine.prometheus,
        evidence: engine.evidence,
        alert: alertOf(run),
        source: run.source,
        rung,
        effectAt,
        now: held.now,
        speed: engine.speed,
        signal,
      }),
    );
  } catch (error) {
    answer = { verdict: 'inconclusive', reason: messageOf(error) };
  }
  const sampledAt = answer.sampledAt ?? held.now;
  const before = rung.verdicts[index];
  const passingSince = answer.verdict === 'passed' ? (before?.passingSince ?? sampledAt) : undefined;
  const heldFor = passingSince === undefined ? 0 : sampledAt - passingSince;
  const holds = passingSince !== undefined && heldFor >= holdFor;
  const waitNote = answer.verdict === 'passed' && !holds ? `, held for ${formatDuration(heldFor)} of ${formatDuration(holdFor)}` : '';
  const record: VerdictRecord = {
    check: check.check,
    positive: check.positive,
    verdict: answer.verdict,
    reason: `${answer.reason}${waitNote}`,
    at: held.now,
    ...(passingSince === undefined ? {} : { passingSince }),
  };
  return { record, holds };
}

function count(engine: Engine, { held }: Stint, verdicts: readonly VerdictRecord[]): void {
  for (const verdict of verdicts) engine.metrics.verification(held.run.rule, verdict.verdict);
}
