import type { Claimable, LedgerAnswer } from '../ports/ledger.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { Incident } from '../run/incident.ts';
import type { DecisionRecord, Run } from '../run/run.ts';
import { formatDuration } from '../value/duration.ts';
import { contextOf } from './admission.ts';
import type { Engine } from './engine.ts';
import { mergeDecisions } from './merge-decisions.ts';
import { reachOf } from './reach.ts';
import { entryOf } from './stint.ts';
import { tellDecision } from './tell-decision.ts';

/** Guards of the ledger that deny an attempt for a time, or every further one. */
const asked = ['cooldown', 'rate', 'attempts'] as const;

export interface Ahead {
  readonly answer: LedgerAnswer;
  /** Whose claim was refused. */
  readonly guard?: (typeof asked)[number];
}

interface Attempt {
  readonly incident: Incident;
  readonly rule: CompiledRule;
  /** The run that would be made. */
  readonly run: Run;
  readonly last: Run | undefined;
}

/** What the ledger would say to the next attempt if it were made now, on the targets that the last one had. Takes nothing. */
export async function lookAhead(engine: Engine, { incident, rule, run, last }: Attempt): Promise<Ahead> {
  const reached = last?.rungs.map((rung) => reachOf(engine, rung)).find(({ targets }) => targets.length > 0);
  const reach = reached ?? { targets: [], affected: [], effects: [] };
  const made = await contextOf(engine, { run, incident, rule, mode: run.mode, ...reach, now: run.createdAt });
  const context = { ...made, signal: new AbortController().signal };
  const wanted: { readonly guard: (typeof asked)[number]; readonly claim: Claimable }[] = [];
  for (const guard of asked) {
    const claims = (await engine.guards.find(({ name }) => name === guard)?.claims?.(context)) ?? [];
    wanted.push(...claims.map((claim) => ({ guard, claim })));
  }
  const answer = await engine.ledger.peek({ run: run.id, fence: 0, claims: wanted.map(({ claim }) => claim) });
  if (answer.outcome === 'granted') return { answer };
  const refused = wanted.find(({ claim }) => claim.kind === answer.claim.kind && claim.key === answer.claim.key);
  return refused === undefined ? { answer } : { answer, guard: refused.guard };
}

/** Counts on a denied run that its incident would be denied again; a run of its own would say nothing new. */
export async function countDenial(engine: Engine, denied: Run, { answer, guard }: Ahead): Promise<void> {
  if (guard === undefined || answer.outcome !== 'refused') return;
  const wait = answer.until === undefined ? '' : `, for another ${formatDuration(Math.max(0, answer.until - answer.time))}`;
  const reason = `${answer.reason}${wait}`;
  const until = answer.until === undefined ? {} : { until: answer.until };
  const record: DecisionRecord = { guard, at: answer.time, decision: 'deny', reason, ...until };
  const decisions = mergeDecisions(denied.decisions, [record]);
  const count = decisions.findLast((one) => one.guard === guard)?.count ?? 1;
  tellDecision(engine, denied, record);
  await engine.store.amend({ ...denied, decisions }, [entryOf(denied, 'decision', { guard, decision: 'deny', reason, count })]);
}
