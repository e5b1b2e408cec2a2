import { messageOf } from '../errors.ts';
import type { Path } from '../rule/template-tree.ts';
import { after, isAt, textOf } from './compare-text.ts';
import { compareRuns } from './compare-runs.ts';
import type { Expectation } from './expectation-schema.ts';
import type { Failure } from './failure.ts';
import type { Outcome } from './outcome.ts';
import type { Told } from './people-record.ts';

interface Terms {
  readonly path: Path;
  /** Whether what is not named must not have happened. */
  readonly isWhole: boolean;
}

/** All in which the outcome is not as expected. */
export function compare(expected: Expectation, outcome: Outcome, { path, isWhole }: Terms): readonly Failure[] {
  const { runs, calls, notices, objects = [], requests, state = {}, holds = [], refused } = expected;
  return [
    ...(runs === undefined && !isWhole ? [] : compareRuns(runs ?? [], outcome, { path: [...path, 'runs'], isWhole })),
    ...(calls === undefined && !isWhole
      ? []
      : compareTold(calls ?? [], outcome.calls, { what: 'call', path: [...path, 'calls'], start: outcome.start })),
    ...(notices === undefined
      ? []
      : compareTold(notices, outcome.notices, { what: 'notice', path: [...path, 'notices'], start: outcome.start })),
    ...objects.flatMap((object, index) => compareObject(object, outcome, [...path, 'objects', index])),
    ...(requests === undefined ? [] : compareLines(requests, outcome.requests, { path: [...path, 'requests'], what: 'request' })),
    ...(refused === undefined && !isWhole
      ? []
      : compareLines(refused ?? [], outcome.refused, { path: [...path, 'refused'], what: 'refusal' })),
    ...holds.flatMap((text, index) => compareHolding(text, outcome, [...path, 'holds', index])),
    ...Object.entries(state).flatMap(([name, value]) =>
      compareValue(value, outcome.state[name], { path: [...path, 'state', name], what: `state ${name}` }),
    ),
  ];
}

/** Expected lines are parts of those there are, in order. */
function compareLines(
  expected: readonly string[],
  got: readonly string[],
  { path, what }: { path: Path; what: string },
): readonly Failure[] {
  const most = Math.max(expected.length, got.length);
  for (let index = 0; index < most; index++) {
    const [wanted, found] = [expected[index], got[index]];
    if (wanted !== undefined && found?.includes(wanted) === true) continue;
    return [
      {
        path: wanted === undefined ? path : [...path, index],
        message: `${what} ${index + 1} is ${wanted === undefined ? 'not expected' : found === undefined ? 'missing' : 'another one'}`,
        ...(wanted === undefined ? {} : { expected: wanted }),
        ...(found === undefined ? {} : { got: found }),
      },
    ];
  }
  return [];
}

type ExpectedTold = Partial<Record<'title' | 'reason' | 'rule' | 'severity' | 'at' | 'kind', string>> & {
  readonly handled?: boolean | undefined;
};

function compareTold(
  expected: readonly { readonly [key in keyof ExpectedTold]?: ExpectedTold[key] | undefined }[],
  got: readonly Told[],
  { what, path, start }: { what: string; path: Path; start: number },
): readonly Failure[] {
  const failures: Failure[] = [];
  for (const [index, told] of got.entries()) {
    const wanted = expected[index];
    const { message, at, isHandled } = told;
    const about = message.run === '' ? {} : { run: message.run };
    if (wanted === undefined) {
      failures.push({ path, message: `${what} ${index + 1} is not expected`, got: describe(told, start), ...about });
      continue;
    }
    const differ = (key: keyof ExpectedTold, value: string, isSo: boolean) => {
      if (!isSo)
        failures.push({
          path: [...path, index, key],
          message: `${what} ${index + 1}: ${key}`,
          expected: String(wanted[key]),
          got: value,
          ...about,
        });
    };
    for (const key of ['title', 'reason'] as const) differ(key, message[key], message[key].includes(wanted[key] ?? ''));
    for (const key of ['rule', 'severity', 'kind'] as const)
      differ(key, message[key], wanted[key] === undefined || wanted[key] === message[key]);
    if (wanted.handled !== undefined) differ('handled', String(isHandled), wanted.handled === isHandled);
    if (wanted.at !== undefined) differ('at', after(start, at), isAt(wanted.at, start, at));
  }
  for (const [index] of expected.entries())
    if (index >= got.length)
      failures.push({ path: [...path, index], message: `${what} ${index + 1} was not made`, expected: JSON.stringify(expected[index]) });
  return failures;
}

function describe({ at, message }: Told, start: number): string {
  return `at ${after(start, at)}, ${message.kind}, ${message.severity}: ${message.title}: ${message.reason}`;
}

function compareObject(
  { kind, namespace = '', name, has, absent }: NonNullable<Expectation['objects']>[number],
  outcome: Outcome,
  path: Path,
): readonly Failure[] {
  const what = `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
  const found = outcome.object(kind, namespace, name);
  if (absent === true) return found === undefined ? [] : [{ path, message: `${what} is there`, expected: 'absent', got: 'there' }];
  if (found === undefined) return [{ path, message: `there is no ${what}` }];
  return has === undefined ? [] : compareValue(has, found, { path: [...path, 'has'], what });
}

function compareHolding(text: string, outcome: Outcome, path: Path): readonly Failure[] {
  try {
    const value = outcome.evaluate(text);
    return value === true ? [] : [{ path, message: `it does not hold: ${text}`, expected: 'true', got: textOf(value) }];
  } catch (error) {
    return [{ path, message: messageOf(error) }];
  }
}

/** Maps may have more than is expected of them, lists may not. */
function compareValue(expected: unknown, got: unknown, { path, what }: { path: Path; what: string }): readonly Failure[] {
  if (isMap(expected) && isMap(got))
    return Object.entries(expected).flatMap(([key, value]) =>
      compareValue(value, got[key], { path: [...path, key], what: `${what}, ${key}` }),
    );
  if (Array.isArray(expected) && Array.isArray(got) && expected.length === got.length)
    return expected.flatMap((value: unknown, index) =>
      compareValue(value, got[index], { path: [...path, index], what: `${what}, ${index}` }),
    );
  const [wanted, found] = [textOf(expected), textOf(got)];
  return wanted === found ? [] : [{ path, message: what, expected: wanted, got: found }];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
