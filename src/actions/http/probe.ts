import { z } from 'zod';
import { codeOf } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HttpReader } from '../../ports/http-client.ts';
import { problemOfBody } from '../../value/body-problem.ts';
import { defineAction } from '../action.ts';
import { lengthBetween, lengthOf } from '../length.ts';
import { atPlace, endpointPermissions, Endpoints, placesOf, type Place } from './endpoints.ts';
import { HttpConnection, HttpPath, JsonPointer } from './http-connection.ts';

const mostTold = 20;

const Params = z.strictObject({
  connection: HttpConnection,
  endpoints: Endpoints,
  path: HttpPath.describe('Path and query below the origin of the connection.'),
  times: z.int().min(1).max(20).default(3).describe('How often each place is asked.'),
  interval: lengthBetween(0, 10_000).default('1s').describe('The pause between two questions.'),
  status: z.array(z.int().min(100).max(599)).min(1).default([200]).describe('Statuses of a good answer.'),
  within: lengthBetween(1, 60_000).default('10s').describe('An answer that takes longer is bad.'),
  slowerThan: lengthBetween(1, 60_000).optional().describe('An answer that takes longer is counted as slow, and may still be good.'),
  contains: z.string().min(1).max(1000).optional().describe('Text that the body of a good answer has.'),
  json: z
    .record(JsonPointer, z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .optional()
    .describe('What the JSON of a good answer has at JSON pointers: `{ /status: healthy }`.'),
});
type Params = z.infer<typeof Params>;

/** Output: `{ ok, asked, good, bad, slow, worstMs, problems }`; a bad answer is an output and no failure, so that a rule can decide. */
export const probe = defineAction<Params, null>({
  name: 'http.probe',
  summary: 'GET a path several times, of a declared HTTP connection or of every endpoint behind it, and tell how many answers were good.',
  effect: 'read',
  params: Params,
  target: () => undefined,
  permissions: ({ endpoints }) => endpointPermissions(endpoints),
  async plan(params, { http, kubernetes, clock, signal }) {
    const places = await placesOf(params, { http, kubernetes }, signal);
    const answers = await Promise.all(places.map((place) => askOften({ params, place }, { http, clock, signal })));
    const all = answers.flat();
    const bad = all.filter(({ problem }) => problem !== undefined);
    const output = {
      ok: bad.length === 0,
      asked: all.length,
      good: all.length - bad.length,
      bad: bad.length,
      slow: all.filter(({ ms }) => params.slowerThan !== undefined && ms > lengthOf(params.slowerThan)).length,
      worstMs: Math.round(Math.max(...all.map(({ ms }) => ms))),
      problems: [...new Set(bad.map(({ problem }) => problem ?? ''))].slice(0, mostTold),
    };
    return { intent: null, changes: [], output };
  },
  apply: () => Promise.resolve(null),
});

interface Answer {
  readonly ms: number;
  readonly problem?: string;
}

async function askOften(
  { params, place }: { readonly params: Params; readonly place: Place },
  { http, clock, signal }: { readonly http: HttpReader; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let asked = 0; asked < params.times; asked++) {
    if (asked > 0 && lengthOf(params.interval) > 0) await clock.sleep(lengthOf(params.interval), signal);
    const startedAt = clock.now();
    const problem = await problemOf({ params, place }, http, signal);
    const ms = clock.now() - startedAt;
    const late = ms > lengthOf(params.within) ? `took longer than ${params.within}` : undefined;
    const told = problem ?? late;
    answers.push({ ms, ...(told === undefined ? {} : { problem: `${told}${atPlace(place)}` }) });
  }
  return answers;
}

async function problemOf(
  { params, place }: { readonly params: Params; readonly place: Place },
  http: HttpReader,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { connection, path, status, within, contains, json } = params;
  const address = place.address === undefined ? {} : { address: place.address };
  let answer;
  try {
    answer = await http.read({ connection, ...address, method: 'GET', path, timeoutMs: lengthOf(within) }, signal);
  } catch (error) {
    // No answer is a bad one; what is not allowed at all is a fault of the rule.
    signal.throwIfAborted();
    if (codeOf(error) !== 'http.unavailable') throw error;
    return 'no answer';
  }
  if (!status.includes(answer.status)) return `HTTP ${answer.status}`;
  return problemOfBody(answer.body, { contains, json });
}
