import type { Path } from '../rule/template-tree.ts';
import type { Change } from '../run/plan.ts';
import { isTerminal } from '../run/phase.ts';
import type { RungRecord, StepRecord, VerdictRecord } from '../run/run.ts';
import { parseDuration } from '../value/duration.ts';
import { after, isAt, textOf } from './compare-text.ts';
import type { ExpectedChange, ExpectedRun, ExpectedRung } from './expectation-schema.ts';
import type { Failure } from './failure.ts';
import { hasHappened, type Outcome, type RunOutcome } from './outcome.ts';

interface Terms {
  readonly path: Path;
  readonly isWhole: boolean;
}

/** One run held to what is expected of it: all its differences. */
class RunComparison {
  readonly failures: Failure[] = [];
  readonly #outcome: RunOutcome;
  readonly #what: string;
  readonly #path: Path;

  constructor(outcome: RunOutcome, what: string, path: Path) {
    this.#outcome = outcome;
    this.#what = what;
    this.#path = path;
  }

  fail(below: Path, message: string, { expected, got }: { expected?: string; got?: string } = {}): void {
    this.failures.push({
      path: [...this.#path, ...below],
      message: `${this.#what}: ${message}`,
      run: this.#outcome.run.id,
      ...(expected === undefined ? {} : { expected }),
      ...(got === undefined ? {} : { got }),
    });
  }

  same(below: Path, expected: unknown, got: unknown): void {
    if (expected !== undefined && textOf(expected) !== textOf(got))
      this.fail(below, String(below.at(-1)), { expected: plain(expected), got: plain(got) });
  }

  holds(below: Path, expected: string | undefined, got: string): void {
    if (expected !== undefined && !got.includes(expected)) this.fail(below, String(below.at(-1)), { expected: `… ${expected} …`, got });
  }
}

export function compareRuns(expected: readonly ExpectedRun[], { runs: all, start }: Outcome, { path, isWhole }: Terms): readonly Failure[] {
  const failures: Failure[] = [];
  const namesWaiting = expected.some(({ kind, phase }) => kind === 'undo' && phase === 'waiting');
  const runs = all.filter(({ run }) => namesWaiting || hasHappened(run));
  for (const [index, outcome] of runs.entries()) {
    const wanted = expected[index];
    const what = `run ${index + 1}`;
    if (wanted !== undefined) failures.push(...compareRun(wanted, outcome, { start, what, path: [...path, index] }));
    else if (isWhole) failures.push({ path, message: `${what} is not expected`, got: describe(outcome, start), run: outcome.run.id });
  }
  for (const [index, wanted] of expected.entries()) {
    if (index < runs.length) continue;
    failures.push({
      path: [...path, index],
      message: `run ${index + 1} was not made`,
      expected: `a run of rule ${wanted.rule}`,
      got: `${runs.length} runs`,
    });
  }
  return failures;
}

function describe({ run }: RunOutcome, start: number): string {
  const kind = run.kind === 'undo' ? 'undo of ' : '';
  return `${kind}${run.rule}, attempt ${run.attempt}, made at ${after(start, run.createdAt)}, ${run.phase}: ${run.reason}`;
}

function compareRun(
  expected: ExpectedRun,
  outcome: RunOutcome,
  { start, what, path }: { start: number; what: string; path: Path },
): readonly Failure[] {
  const { run, answers } = outcome;
  const comparison = new RunComparison(outcome, `${what} (${run.rule})`, path);
  comparison.same(['rule'], expected.rule, run.rule);
  comparison.same(['kind'], expected.kind ?? 'remediation', run.kind);
  comparison.same(['attempt'], expected.attempt, run.attempt);
  comparison.same(['mode'], expected.mode, run.mode);
  comparison.holds(['subject'], expected.subject, run.subject);
  if (expected.phase !== undefined && expected.phase !== run.phase)
    comparison.fail(['phase'], 'phase', { expected: expected.phase, got: `${run.phase}: ${run.reason}` });
  comparison.holds(['reason'], expected.reason, run.reason);
  comparison.same(['recurred'], expected.recurred, run.recurred ?? false);
  compareTimes(expected, outcome, { start, comparison });
  for (const [index, wanted] of (expected.decisions ?? []).entries()) {
    const ofGuard = answers.filter(({ guard }) => guard === wanted.guard);
    const isSo = ofGuard.some(({ decision, reason }) => (wanted.decision ?? decision) === decision && reason.includes(wanted.reason ?? ''));
    if (isSo) continue;
    const said = [...new Set(ofGuard.map(({ decision, reason }) => `${decision}, ${reason}`))];
    const text = [wanted.decision, wanted.reason === undefined ? undefined : `… ${wanted.reason} …`]
      .filter((part) => part !== undefined)
      .join(', ');
    comparison.fail(['decisions', index], `guard ${wanted.guard} did not say so`, {
      expected: text,
      got: said.length === 0 ? 'it was not asked' : said.join(' | '),
    });
  }
  compareRungs(expected, outcome, comparison);
  return comparison.failures;
}

function compareTimes(
  { begins, ends, endsBefore }: ExpectedRun,
  { run }: RunOutcome,
  { start, comparison }: { start: number; comparison: RunComparison },
): void {
  if (begins !== undefined && !isAt(begins, start, run.createdAt))
    comparison.fail(['begins'], 'begins', { expected: begins, got: after(start, run.createdAt) });
  const ended = isTerminal(run.phase) ? run.finishedAt : undefined;
  const got = ended === undefined ? 'it goes on' : after(start, ended);
  if (ends !== undefined && (ended === undefined || !isAt(ends, start, ended))) comparison.fail(['ends'], 'ends', { expected: ends, got });
  if (endsBefore !== undefined && (ended === undefined || ended - start >= (parseDuration(endsBefore) ?? 0)))
    comparison.fail(['endsBefore'], 'ends', { expected: `before ${endsBefore}`, got });
}

function compareRungs(expected: ExpectedRun, { run }: RunOutcome, comparison: RunComparison): void {
  const tried = run.rungs.filter(({ state }) => state !== 'pending');
  const { rungs, changes } = expected;
  if (changes !== undefined) compareChanges(changes, tried.flatMap(appliedIn), { comparison, below: ['changes'], what: 'changes' });
  if (rungs === undefined) {
    if (changes === undefined) forbidChanges(tried, comparison, []);
    return;
  }
  for (const [index, rung] of tried.entries()) {
    const wanted = rungs[index];
    if (wanted === undefined)
      comparison.fail(['rungs'], `rung ${index + 1} is not expected`, {
        got: `${rung.remediation} ${stateOf(rung)}: ${rung.reason ?? ''}`,
      });
    else compareRung(wanted, rung, { comparison, below: ['rungs', index], isCounted: changes !== undefined });
  }
  for (const [index, wanted] of rungs.entries())
    if (index >= tried.length) comparison.fail(['rungs', index], `rung ${index + 1} was not tried`, { expected: wanted.remediation });
}

function compareRung(
  expected: ExpectedRung,
  rung: RungRecord,
  { comparison, below, isCounted }: { comparison: RunComparison; below: Path; isCounted: boolean },
): void {
  comparison.same([...below, 'remediation'], expected.remediation, rung.remediation);
  if (expected.state !== undefined && expected.state !== stateOf(rung))
    comparison.fail([...below, 'state'], `state of ${rung.remediation}`, {
      expected: expected.state,
      got: `${stateOf(rung)}: ${rung.reason ?? ''}`,
    });
  comparison.holds([...below, 'reason'], expected.reason, rung.reason ?? '');
  if (expected.changes !== undefined)
    compareChanges(expected.changes, rung.steps.flatMap(changesOf), {
      comparison,
      below: [...below, 'changes'],
      what: `changes of ${rung.remediation}`,
    });
  else if (!isCounted) forbidChanges([rung], comparison, below);
  for (const [index, wanted] of (expected.verdicts ?? []).entries()) {
    const isSo = rung.verdicts.some(
      ({ check, verdict, reason }) => check === wanted.check && verdict === wanted.verdict && reason.includes(wanted.reason ?? ''),
    );
    if (!isSo)
      comparison.fail([...below, 'verdicts', index], `verdict on ${rung.remediation}`, {
        expected: verdictText(wanted),
        got: rung.verdicts.map(verdictText).join(' | ') || 'none',
      });
  }
}

/** What the test does not name must not have been done. */
function forbidChanges(rungs: readonly RungRecord[], comparison: RunComparison, below: Path): void {
  const applied = rungs.flatMap(appliedIn);
  if (applied.length > 0)
    comparison.fail(below, 'it changed what the test does not name under changes', { got: applied.map(changeText).join(' | ') });
}

type Placed = Change & { readonly target: string };

function compareChanges(
  expected: readonly ExpectedChange[],
  got: readonly Placed[],
  { comparison, below, what }: { comparison: RunComparison; below: Path; what: string },
): void {
  for (const [index, change] of got.entries()) {
    const wanted = expected[index];
    if (wanted === undefined) comparison.fail(below, `${what}: change ${index + 1} is not expected`, { got: changeText(change) });
    else if (!isChange(wanted, change))
      comparison.fail([...below, index], `${what}: change ${index + 1}`, {
        expected: changeText({ ...change, ...told(wanted) }),
        got: changeText(change),
      });
  }
  for (const [index, wanted] of expected.entries())
    if (index >= got.length) comparison.fail([...below, index], `${what}: change ${index + 1} was not made`, { expected: textOf(wanted) });
}

function told(wanted: ExpectedChange): Partial<Placed> {
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}

function isChange({ target, what, from, to }: ExpectedChange, got: Placed): boolean {
  return (
    (target === undefined || got.target.endsWith(target.replace(/^…/, ''))) &&
    (what === undefined || what === got.what) &&
    (from === undefined || textOf(from) === textOf(got.from)) &&
    (to === undefined || textOf(to) === textOf(got.to))
  );
}

function appliedIn(rung: RungRecord): readonly Placed[] {
  return rung.steps.filter(({ state }) => state === 'applied' || state === 'settled' || state === 'applying').flatMap(changesOf);
}

function changesOf({ target = '', changes }: StepRecord): readonly Placed[] {
  return changes.map((change) => ({ ...change, target }));
}

function changeText({
  target,
  what,
  from,
  to,
}: {
  readonly target: string;
  readonly what: string;
  readonly from: unknown;
  readonly to: unknown;
}): string {
  return `${target} ${what}: ${textOf(from)} → ${textOf(to)}`;
}

function stateOf({ state }: RungRecord): string {
  return state === 'empty' ? 'skipped' : state;
}

function verdictText({
  check,
  verdict,
  reason = '',
}: Pick<VerdictRecord, 'check' | 'verdict'> & { readonly reason?: string | undefined }): string {
  return `${check} ${verdict}${reason === '' ? '' : `: ${reason}`}`;
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : textOf(value);
}
