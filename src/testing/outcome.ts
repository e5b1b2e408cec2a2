import { runBook } from '../pipeline/run-book.ts';
import { runView, type RunView } from '../api/run-view.ts';
import type { Run } from '../run/run.ts';
import type { Json } from '../value/json.ts';
import type { Told } from './people-record.ts';
import type { SimulatedApp } from './simulated-app.ts';
import type { World } from './world.ts';

/** An answer of a guard. */
export interface Answer {
  readonly guard: string;
  readonly decision: string;
  readonly reason: string;
}

export interface RunOutcome {
  readonly run: Run;
  readonly view: RunView;
  /** All that guards said, in order. */
  readonly answers: readonly Answer[];
}

/** What a test has come to. */
export interface Outcome {
  /** When the test started, ms since the epoch. */
  readonly start: number;
  /** In order of their making. */
  readonly runs: readonly RunOutcome[];
  readonly calls: readonly Told[];
  readonly notices: readonly Told[];
  /** Guards that kept rules from having another run. */
  readonly withheld: readonly { readonly rule: string; readonly guard: string }[];
  readonly requests: readonly string[];
  readonly state: Readonly<Record<string, Json>>;
  /** Why alerts that a rule matched were not handled. */
  readonly refused: readonly string[];
  object(kind: string, namespace: string, name: string): object | undefined;
  /** What a CEL expression over the world gives; throws an Error that says why it gives nothing. */
  evaluate(text: string): Json;
}

/** A run that is only due to take something back some time has not happened. */
export function hasHappened({ kind, phase }: Run): boolean {
  return kind !== 'undo' || phase !== 'waiting';
}

const mostRuns = 10_000;
const mostEntries = 200_000;

export async function outcomeOf({ app, world, start }: { app: SimulatedApp; world: World; start: number }): Promise<Outcome> {
  const { store, people } = app;
  const book = runBook({ store, clock: world.clock, log: { debug() {}, info() {}, warn() {}, error() {} } });
  const { runs } = await book.list({ limit: mostRuns });
  const found = await Promise.all(runs.map(({ id }) => book.find(id)));
  const entries = await store.journal('0', mostEntries);
  return {
    start,
    runs: found
      .filter((one) => one !== undefined)
      .map((one) => ({ run: one.run, view: runView(one), answers: answersOf(one) }))
      .toSorted((a, b) => a.run.createdAt - b.run.createdAt || (a.run.id < b.run.id ? -1 : 1)),
    calls: [...people.calls],
    notices: [...people.notices],
    withheld: app.withheld.flatMap(({ incident, guard }) => {
      const rule = runs.find((run) => run.incident === incident)?.rule;
      return rule === undefined ? [] : [{ rule, guard }];
    }),
    requests: [...world.requests],
    state: world.state,
    refused: entries
      .filter(({ type }) => type === 'member-refused')
      .map(({ data }) => (typeof data['reason'] === 'string' ? data['reason'] : '')),
    object: (kind, namespace, name) => world.sandbox.cluster.get(kind, namespace, name),
    evaluate: (text) => world.expressions.compile(text).evaluate(),
  };
}

/** From the journal, and what only the record tells. */
function answersOf({
  run,
  entries,
}: {
  readonly run: Run;
  readonly entries: readonly { readonly type: string; readonly data: Readonly<Record<string, Json>> }[];
}): readonly Answer[] {
  const told = entries.flatMap(({ type, data }): readonly Answer[] => {
    if (type === 'decision') return [data as unknown as Answer];
    return type === 'admitted' ? (data['decisions'] as unknown as readonly Answer[]) : [];
  });
  return [...told, ...run.decisions].map(({ guard, decision, reason }) => ({ guard, decision, reason }));
}
