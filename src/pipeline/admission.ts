import { messageOf } from '../errors.ts';
import type { Guard, GuardContext } from '../guards/guard.ts';
import type { Claimable, LedgerAnswer } from '../ports/ledger.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { GuardSettings } from '../rule/guard-settings.ts';
import { strictestMode, type Mode } from '../rule/mode.ts';
import type { Incident } from '../run/incident.ts';
import type { Decision, DecisionRecord, Run } from '../run/run.ts';
import { formatDuration } from '../value/duration.ts';
import type { Target } from '../value/target.ts';
import { within } from './deadline.ts';
import { freeEndedHolder } from './ended-holder.ts';
import type { Engine } from './engine.ts';
import { alertOf } from './new-run.ts';
import { liveSiblings } from './siblings.ts';

export interface AdmissionRequest {
  readonly run: Run;
  readonly incident: Incident | undefined;
  readonly rule: CompiledRule;
  readonly targets: readonly Target[];
  readonly mode: Mode;
  readonly fence: number;
  /** Store time, ms. */
  readonly now: number;
  readonly signal: AbortSignal;
  /** `peek` takes nothing from the ledger; `explain` asks every guard even after a refusal. */
  readonly kind: 'acquire' | 'peek' | 'explain';
  readonly only?: readonly Guard['asks'][];
}

export interface Admission {
  /** One per guard asked, in order. */
  readonly decisions: readonly DecisionRecord[];
  /** The first that does not allow; absent = admitted. */
  readonly refusal?: DecisionRecord;
}

/** The settings guards see: the rule's as the run keeps it, and the limits of the deployment, which no rule exceeds. */
function effectiveSettings(engine: Engine, rule: CompiledRule, now: CompiledRule | undefined): GuardSettings {
  const settings = [rule.guards, ...(now === undefined || now.hash === rule.hash ? [] : [now.guards])];
  const rates = [...settings.map((one) => one.rate), engine.limits.rate ?? {}];
  const least = (pick: (one: GuardSettings) => number | undefined) =>
    settings
      .map(pick)
      .filter((value) => value !== undefined)
      .toSorted((a, b) => a - b)[0];
  const attempts = least((one) => one.attempts);
  const maxAge = least((one) => one.maxAge);
  const cooldown = Math.max(...settings.map((one) => one.cooldown ?? 0));
  return {
    ...(cooldown === 0 ? {} : { cooldown }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(rule.guards.approval === undefined ? {} : { approval: rule.guards.approval }),
    rate: {
      rule: rates.flatMap((rate) => rate.rule ?? []),
      target: rates.flatMap((rate) => rate.target ?? []),
      namespace: rates.flatMap((rate) => rate.namespace ?? []),
      global: rates.flatMap((rate) => rate.global ?? []),
    },
    holdWhile: settings.flatMap((one) => one.holdWhile),
  };
}

/** The modes that the rule and its rung have by now: a person may have taken trust away since the run was made. */
function modesNow(current: CompiledRule | undefined, run: Run): readonly Mode[] {
  if (current === undefined) return [];
  const rung = current.ladder[run.rung];
  const isSame = rung !== undefined && rung.remediation === run.rungs[run.rung]?.remediation;
  return [current.mode, ...(isSame ? [rung.mode] : [])];
}

/** Asks the guards in order: inside, outside, and last everything of the ledger in one all-or-nothing acquisition. */
export async function admit(engine: Engine, request: AdmissionRequest): Promise<Admission> {
  const { run, incident, rule } = request;
  const current = engine.rulebook().rule(rule.name);
  const context: Omit<GuardContext, 'signal'> = {
    run,
    incident,
    alert: alertOf(run),
    settings: effectiveSettings(engine, rule, current),
    mode: strictestMode(request.mode, ...modesNow(current, run), ...(engine.limits.mode === undefined ? [] : [engine.limits.mode])),
    targets: request.targets,
    pauses: await engine.store.pauses(),
    liveSiblings: await liveSiblings(engine, run),
    localPause: engine.localPause(),
    protection: engine.protection(run.source),
    evidence: engine.evidence,
    kubernetes: engine.kubernetes,
    seenAt: incident?.seenAt ?? run.createdAt,
    now: request.now,
  };
  const decisions: DecisionRecord[] = [];
  const record = (guard: string, decision: Decision) => {
    decisions.push({ guard, at: request.now, ...decision });
    engine.metrics.decision(run.rule, guard, decision.decision);
  };
  const refusal = () => decisions.find(({ decision }) => decision !== 'allow');
  const asked = engine.guards.filter(
    ({ asks, undo }) => (request.only?.includes(asks) ?? true) && (run.kind === 'remediation' || undo === true),
  );
  for (const guard of asked.filter(({ asks }) => asks !== 'ledger')) {
    record(guard.name, await ask(engine, guard, { context, signal: request.signal }));
    if (refusal() !== undefined && request.kind !== 'explain') return answer(decisions, refusal());
  }
  const claims: { guard: string; claim: Claimable }[] = [];
  for (const guard of asked.filter(({ asks }) => asks === 'ledger')) {
    try {
      claims.push(...(guard.claims?.(context) ?? []).map((claim) => ({ guard: guard.name, claim })));
    } catch (error) {
      record(guard.name, { decision: 'deny', reason: `could not be answered: ${messageOf(error)}` });
      return answer(decisions, refusal());
    }
  }
  const given = await askLedger(engine, { request, claims: claims.map(({ claim }) => claim) });
  for (const guard of asked.filter(({ asks }) => asks === 'ledger')) {
    record(guard.name, ledgerDecision(given, { guard: guard.name, claims, hasClaims: claims.some((claim) => claim.guard === guard.name) }));
  }
  return answer(decisions, refusal());
}

function answer(decisions: readonly DecisionRecord[], refusal: DecisionRecord | undefined): Admission {
  return refusal === undefined ? { decisions } : { decisions, refusal };
}

async function ask(
  engine: Engine,
  guard: Guard,
  { context, signal }: { context: Omit<GuardContext, 'signal'>; signal: AbortSignal },
): Promise<Decision> {
  if (guard.evaluate === undefined) return { decision: 'deny', reason: `guard ${guard.name} has no answer` };
  const { evaluate } = guard;
  const limit = { clock: engine.clock, length: engine.timing.guardTimeout, what: `guard ${guard.name}`, parent: signal };
  try {
    return await within(limit, async (guardSignal) => await evaluate({ ...context, signal: guardSignal }));
  } catch (error) {
    signal.throwIfAborted();
    return { decision: 'deny', reason: `could not be answered: ${messageOf(error)}` };
  }
}

async function askLedger(
  engine: Engine,
  { request, claims }: { request: AdmissionRequest; claims: readonly Claimable[] },
): Promise<LedgerAnswer | { outcome: 'error'; reason: string }> {
  const wanted = { run: request.run.id, fence: request.fence, claims };
  const limit = { clock: engine.clock, length: engine.timing.guardTimeout, what: 'the ledger', parent: request.signal };
  try {
    return await within(limit, async () => {
      const once = () => (request.kind === 'acquire' ? engine.ledger.acquire(wanted) : engine.ledger.peek(wanted));
      let given = await once();
      for (let tries = claims.length; request.kind !== 'explain' && tries > 0; tries -= 1) {
        if (!(await freeEndedHolder(engine, given))) break;
        given = await once();
      }
      return given;
    });
  } catch (error) {
    request.signal.throwIfAborted();
    return { outcome: 'error', reason: messageOf(error) };
  }
}

function ledgerDecision(
  given: LedgerAnswer | { outcome: 'error'; reason: string },
  { guard, claims, hasClaims }: { guard: string; claims: readonly { guard: string; claim: Claimable }[]; hasClaims: boolean },
): Decision {
  if (!hasClaims) return { decision: 'allow', reason: 'nothing to ask' };
  if (given.outcome === 'error') return { decision: 'deny', reason: `could not be answered: ${given.reason}` };
  if (given.outcome === 'granted') return { decision: 'allow', reason: 'granted by the ledger' };
  const refused = claims.find(({ claim }) => claim.kind === given.claim.kind && claim.key === given.claim.key);
  if (refused === undefined) return { decision: 'deny', reason: `the ledger refused what it was not asked for: ${given.reason}` };
  if (refused.guard !== guard) return { decision: 'allow', reason: 'not what was refused' };
  const until = given.until === undefined ? '' : `, for another ${formatDuration(Math.max(0, given.until - given.time))}`;
  const reason = `${given.reason}${until}`;
  return { decision: given.claim.kind === 'lock' ? 'defer' : 'deny', reason, ...(given.until === undefined ? {} : { until: given.until }) };
}
