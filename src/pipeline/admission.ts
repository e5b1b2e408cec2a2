import { messageOf } from '../errors.ts';
import type { Guard, GuardContext } from '../guards/guard.ts';
import type { Claimable, LedgerAnswer } from '../ports/ledger.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { Mode } from '../rule/mode.ts';
import type { Incident } from '../run/incident.ts';
import type { Decision, DecisionRecord, Run } from '../run/run.ts';
import { formatDuration } from '../value/duration.ts';
import type { JsonObject } from '../value/json.ts';
import { within } from './deadline.ts';
import { freeEndedHolder } from './ended-holder.ts';
import { effectiveMode, effectiveSettings } from './effective-settings.ts';
import type { Engine } from './engine.ts';
import { fleetSize } from './fleet-size.ts';
import { readValues } from './named-values.ts';
import { alertOf } from './new-run.ts';
import { noAnswer } from './no-answer.ts';
import type { Reach } from './reach.ts';
import { scopeOf } from './rung-scope.ts';
import { liveSiblings } from './siblings.ts';
import { tellDecision } from './tell-decision.ts';

export interface AdmissionRequest extends Reach {
  readonly run: Run;
  readonly incident: Incident | undefined;
  readonly rule: CompiledRule;
  readonly mode: Mode;
  readonly fence: number;
  /** Store time, ms. */
  readonly now: number;
  readonly signal: AbortSignal;
  /**
   * `peek` takes nothing from the ledger; `explain` asks every guard by itself, even after a refusal, and says what it judged by;
   * `unplanned` asks only those that need no plan, and nothing of the ledger.
   */
  readonly kind: 'acquire' | 'peek' | 'explain' | 'unplanned';
}

export interface Admission {
  /** One per guard asked, in order. */
  readonly decisions: readonly (DecisionRecord & { readonly inputs?: JsonObject })[];
  /** The first that does not allow; absent = admitted. */
  readonly refusal?: DecisionRecord;
}

/** One guard, and what it wants of the ledger. */
interface Wanted {
  readonly guard: Guard;
  readonly claims: readonly Claimable[];
}

type Answer = LedgerAnswer | { readonly outcome: 'error'; readonly reason: string };

/** Asks the guards in order: inside, outside, and last everything of the ledger in one all-or-nothing acquisition. */
export async function admit(engine: Engine, request: AdmissionRequest): Promise<Admission> {
  const asking = { engine, request, context: await contextOf(engine, request) };
  const decisions: DecisionRecord[] = [];
  const record = (guard: Guard, decision: Decision, claims?: readonly Claimable[]) => {
    const inputs = request.kind === 'explain' ? { inputs: inputsOf(guard, asking.context, claims) } : {};
    decisions.push({ guard: guard.name, at: request.now, ...decision, ...inputs });
    if (request.kind === 'explain') return;
    tellDecision(engine, request.run, { ...decision, guard: guard.name });
    tellOfWarning(engine, request.run, { guard, decision });
  };
  const mayStop = () => request.kind !== 'explain' && decisions.some(({ decision }) => decision !== 'allow');
  const isUnplanned = request.kind === 'unplanned';
  const asked = engine.guards.filter(
    ({ undo, beforePlan }) => (request.run.kind === 'remediation' || undo === true) && (!isUnplanned || beforePlan === true),
  );
  for (const { guard, decision } of await withoutAsking(asking, asked)) {
    record(guard, decision);
    if (mayStop()) return answer(decisions);
  }
  for (const guard of asked.filter(({ asks }) => asks !== 'ledger')) {
    record(guard, await ask(asking, guard));
    if (mayStop()) return answer(decisions);
  }
  const wanted: Wanted[] = [];
  for (const guard of asked.filter(({ asks }) => asks === 'ledger')) {
    const claims = await claimsOf(asking, guard);
    if ('decision' in claims) record(guard, claims);
    else wanted.push({ guard, claims });
    if (mayStop()) return answer(decisions);
  }
  if (request.kind === 'explain') {
    // Each by itself, so that one refusal does not hide another.
    for (const one of wanted) record(one.guard, decisionOf(one, [one], await askLedger(asking, one.claims)), one.claims);
    return answer(inOrder(engine, decisions));
  }
  if (wanted.length === 0) return answer(decisions);
  const given = await askLedger(
    asking,
    wanted.flatMap(({ claims }) => claims),
  );
  for (const one of wanted) {
    record(one.guard, decisionOf(one, wanted, given));
    // It looked at nothing after the claim that it refused.
    if (mayStop()) break;
  }
  return answer(decisions);
}

interface Asking {
  readonly engine: Engine;
  readonly request: AdmissionRequest;
  readonly context: Omit<GuardContext, 'signal'>;
}

/**
 * What stands in a waiting run's way as far as it can be known without a call to the outside, for who waits asks often; nothing
 * where the outside has to be asked. A person is asked, and an alert that is over ends the run, only in the order of all guards.
 */
async function withoutAsking(asking: Asking, asked: readonly Guard[]): Promise<readonly { guard: Guard; decision: Decision }[]> {
  const { request, context } = asking;
  if (request.kind !== 'peek' || request.incident?.firing === 0) return [];
  const answers: { guard: Guard; decision: Decision }[] = [];
  const wanted: Wanted[] = [];
  for (const guard of asked) {
    if (guard.asks === 'inside') answers.push({ guard, decision: await ask(asking, guard) });
    if (guard.asks !== 'ledger' || guard.readsForClaims?.(context.settings) === true) continue;
    const claims = await claimsOf(asking, guard);
    if (!('decision' in claims)) wanted.push({ guard, claims });
  }
  if (answers.every(({ decision }) => decision.decision === 'allow')) {
    const given = await askLedger(
      asking,
      wanted.flatMap(({ claims }) => claims),
    );
    for (const one of wanted) answers.push({ guard: one.guard, decision: decisionOf(one, wanted, given) });
  }
  const refusal = answers.find(({ decision }) => decision.decision !== 'allow');
  return refusal === undefined || refusal.decision.decision === 'needs-approval' ? [] : answers;
}

export async function contextOf(
  engine: Engine,
  { rule, run, incident, targets, affected, effects, now, mode }: Omit<AdmissionRequest, 'fence' | 'signal' | 'kind'>,
): Promise<Asking['context']> {
  const current = engine.rulebook().rule(rule.name);
  const settings = effectiveSettings(engine.limits, rule, current);
  const scope = scopeOf(run, incident);
  return {
    run,
    incident,
    alert: alertOf(run),
    alerts: scope.alerts,
    settings,
    mode: effectiveMode(engine.limits, current, { run, rule, mode, alerts: scope.alerts }),
    targets,
    affected,
    effects,
    pauses: await engine.store.pauses(),
    liveSiblings: await liveSiblings(engine, run),
    localPause: engine.localPause(),
    protection: engine.protection(run.source),
    evidence: engine.evidence,
    kubernetes: engine.kubernetes,
    prometheus: engine.prometheus,
    intervals: engine.intervals,
    storm: engine.limits.storm,
    values: (names, signal) =>
      readValues(
        engine,
        [...(current?.values ?? []), ...rule.values].filter(({ name }, index, all) => {
          return names.includes(name) && all.findIndex((other) => other.name === name) === index;
        }),
        { scope, source: run.source, signal },
      ),
    fleetSize: fleetSize(engine.kubernetes, settings.blastRadius?.fleet),
    seenAt: incident?.seenAt ?? run.createdAt,
    now,
  };
}

function inputsOf(guard: Guard, context: Asking['context'], claims: readonly Claimable[] | undefined): JsonObject {
  const own = guard.inputs?.({ ...context, signal: new AbortController().signal }) ?? {};
  return claims === undefined ? own : { ...own, claims: claims.map((claim) => ({ ...claim }) as JsonObject) };
}

/** Guards whose claims could not be made have answered before the others. */
function inOrder(engine: Engine, decisions: readonly DecisionRecord[]): readonly DecisionRecord[] {
  const place = ({ guard }: DecisionRecord) => engine.guards.findIndex(({ name }) => name === guard);
  return decisions.toSorted((a, b) => place(a) - place(b));
}

function answer(decisions: readonly DecisionRecord[]): Admission {
  const refusal = decisions.find(({ decision }) => decision !== 'allow');
  return refusal === undefined ? { decisions } : { decisions, refusal };
}

/** Said once for as long as the guard stands in the way. */
function tellOfWarning(engine: Engine, run: Run, { guard, decision }: { guard: Guard; decision: Decision }): void {
  if (decision.decision !== 'defer' || decision.warning === undefined) return;
  const before = run.decisions.findLast((one) => one.guard === guard.name);
  if (before?.decision === 'defer' && before.warning !== undefined) return;
  engine.log.warn({ runId: run.id, rule: run.rule, guard: guard.name, reason: decision.reason }, 'a guard holds a run for long');
}

async function ask(asking: Asking, guard: Guard): Promise<Decision> {
  const { evaluate } = guard;
  if (evaluate === undefined) return { decision: 'deny', reason: `guard ${guard.name} has no answer` };
  const given = await inTime(asking, guard, async (signal) => await evaluate({ ...asking.context, signal }));
  return given;
}

async function claimsOf(asking: Asking, guard: Guard): Promise<readonly Claimable[] | Decision> {
  return await inTime(asking, guard, async (signal) => (await guard.claims?.({ ...asking.context, signal })) ?? []);
}

/** A guard that fails, or has no answer in time, has not allowed anything. */
async function inTime<T>({ engine, request }: Asking, guard: Guard, work: (signal: AbortSignal) => Promise<T>): Promise<T | Decision> {
  const limit = { clock: engine.clock, length: engine.timing.guardTimeout, what: `guard ${guard.name}`, parent: request.signal };
  try {
    return await within(limit, work);
  } catch (error) {
    // A worker that stops has not asked: whoever comes next does.
    request.signal.throwIfAborted();
    return { decision: guard.unanswered ?? 'deny', reason: `${noAnswer}${messageOf(error)}` };
  }
}

async function askLedger({ engine, request }: Asking, claims: readonly Claimable[]): Promise<Answer> {
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

/** What the ledger's one answer says for one guard; the refused claim is of one of them. */
function decisionOf({ guard, claims }: Wanted, all: readonly Wanted[], given: Answer): Decision {
  if (claims.length === 0) return { decision: 'allow', reason: 'nothing to ask' };
  if (given.outcome === 'error') return { decision: 'deny', reason: `${noAnswer}${given.reason}` };
  if (given.outcome === 'granted') return { decision: 'allow', reason: 'granted by the ledger' };
  const isRefused = (claim: Claimable) => claim.kind === given.claim.kind && claim.key === given.claim.key;
  const refused = all.find((one) => one.claims.some(isRefused));
  if (refused === undefined) return { decision: 'deny', reason: `the ledger refused what it was not asked for: ${given.reason}` };
  if (refused.guard !== guard) return { decision: 'allow', reason: 'nothing in the ledger stands in its way' };
  const decision = guard.refusals?.[given.refusal] ?? 'deny';
  const wait = given.until === undefined ? '' : `, for another ${formatDuration(Math.max(0, given.until - given.time))}`;
  const reason = `${given.reason}${wait}`;
  if (decision === 'needs-approval') return { decision, reason };
  const until = given.until === undefined ? {} : { until: given.until };
  const since = decision === 'defer' && given.since !== undefined ? { since: given.since } : {};
  return { decision, reason, ...until, ...since };
}
