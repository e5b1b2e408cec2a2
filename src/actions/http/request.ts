import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { HttpReader } from '../../ports/http-client.ts';
import type { Json } from '../../value/json.ts';
import { contentHash } from '../../value/json.ts';
import { pointed } from '../../value/pointed.ts';
import { printable } from '../../value/printable.ts';
import { defineAction, type ReadContext } from '../action.ts';
import { placedChanges } from '../placed-changes.ts';
import { atPlace, endpointPermissions, Endpoints, placesOf, type Place } from './endpoints.ts';
import { HttpConnection, HttpPath, JsonPointer } from './http-connection.ts';

/** A longer text is no state to compare with, and would fill records. */
const longestText = 1000;

const Method = z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).describe('The method of the changing request.');
const Path = HttpPath.describe('Path and query below the origin of the connection.');
const Body = z.json().optional().describe('Sent as JSON; may hold `${secrets.name}`.');
const Value = z.union([z.string(), z.number(), z.boolean()]);

const Params = z.strictObject({
  connection: HttpConnection,
  endpoints: Endpoints,
  method: Method,
  path: Path,
  headers: z
    .record(
      z.string().regex(/^[-A-Za-z0-9]{1,100}$/, 'must be the name of a header'),
      z
        .string()
        .max(4000)
        .regex(/^[^\r\n\0]*$/, 'must stay on one line'),
    )
    .default({})
    .describe('Headers; those of the connection win. Values may hold `${secrets.name}`.'),
  body: Body,
  expect: z.array(z.int().min(200).max(299)).min(1).default([200, 201, 202, 204]).describe('Statuses that count as done.'),
  unless: z
    .strictObject({ path: HttpPath, pointer: JsonPointer, equals: Value })
    .describe('What a GET of `path` shows when the request is not needed (any more): the value at a JSON pointer (RFC 6901).'),
  inverse: z
    .strictObject({ method: Method, path: Path, body: Body })
    .optional()
    .describe('The request that takes it back to what was there before, where there is one.'),
  timeout: z.int().min(100).max(60_000).default(5000).describe('How long each request may take, ms.'),
});
type Params = z.infer<typeof Params>;

type Intent = {
  readonly request: Params;
  readonly places: readonly { readonly address?: string; readonly pod?: string; readonly from: Json }[];
  readonly key: string;
};

/** A changing request that a GET can tell to be done: not sent when it is, before planning's end as before each sending. */
export const request = defineAction<Params, Intent>({
  name: 'http.request',
  summary:
    'Send a changing request to a declared HTTP connection, or to every endpoint behind it, unless a GET shows that it is not needed.',
  effect: 'converge',
  params: Params,
  target: () => undefined,
  permissions: ({ endpoints }) => endpointPermissions(endpoints),
  async plan(params, context) {
    const { http, run, step } = context;
    const target = http.targetOf(params.connection);
    if (target === undefined)
      throw new FixpointError('target.missing', `no connection is named ${params.connection} (http: in fixpoint.yaml)`);
    const places = await lookAtAll(params, context);
    const intent: Intent = { request: params, places, key: contentHash({ run, step, ...params }) };
    const open = places.filter(({ from }) => from !== params.unless.equals);
    if (open.length === 0) return { intent, changes: [], target };
    const inverse = inverseOf(params, places);
    const what = `${params.unless.pointer} of ${params.unless.path}`;
    const { changes, notes } = placedChanges(
      open.map(({ pod, from }) => ({ what, from, to: params.unless.equals, ...(pod === undefined ? {} : { place: pod }) })),
      (pod) => atPlace({ pod }),
    );
    return {
      intent,
      changes,
      target,
      notes: [`by ${params.method} ${params.path}`, ...notes],
      ...(inverse === undefined ? {} : { inverse }),
    };
  },
  async apply({ request: wanted, places, key }, { http, write, signal }) {
    const sent: Place[] = [];
    // All are looked at before anything is sent.
    const looked = await Promise.all(places.map(async (place) => ({ place, now: await look(http, { wanted, place }, signal) })));
    for (const { place, now } of looked) {
      if (now === wanted.unless.equals || now === place.from) continue;
      throw new FixpointError(
        'target.changed',
        `${wanted.unless.pointer} of ${wanted.connection}${atPlace(place)} is ${printable(now)}, neither ${printable(place.from)} nor ${printable(wanted.unless.equals)}`,
      );
    }
    let status = 0;
    for (const { place, now } of looked) {
      if (now === wanted.unless.equals) continue;
      const headers = {
        ...wanted.headers,
        // A proxy before the pods may know only the key.
        'idempotency-key': place.address === undefined ? key : contentHash({ key, address: place.address }),
        ...(wanted.body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const answer = await write.http.send(
        {
          connection: wanted.connection,
          ...addressOf(place),
          method: wanted.method,
          path: wanted.path,
          headers,
          ...(wanted.body === undefined ? {} : { body: JSON.stringify(wanted.body) }),
          timeoutMs: wanted.timeout,
        },
        signal,
      );
      status = answer.status;
      sent.push(place);
      if (wanted.expect.includes(status)) continue;
      const before = sent.slice(0, -1).map(({ pod }) => pod);
      throw new FixpointError(
        'http.unexpected-answer',
        `${wanted.method} ${wanted.path} on ${wanted.connection}${atPlace(place)}: HTTP ${status}, expected ${wanted.expect.join(' or ')}${before.length === 0 ? '' : `; done at ${before.join(', ')}`}`,
      );
    }
    return { status, sent: sent.length > 0, ...(wanted.endpoints === undefined ? {} : { pods: sent.map(({ pod }) => pod ?? '') }) };
  },
  async settled({ request: wanted }, context) {
    // Endpoints that came since the plan are asked, too: the state may be each pod's own.
    const places = await lookAtAll(wanted, context);
    const open = places.find(({ from }) => from !== wanted.unless.equals);
    if (open === undefined) return { settled: true };
    return { settled: false, reason: `${wanted.unless.pointer}${atPlace(open)} is still ${printable(open.from)}` };
  },
});

function addressOf({ address }: Place): { readonly address?: string } {
  return address === undefined ? {} : { address };
}

/** The call that brings back what every place had, where all had the same. */
function inverseOf(params: Params, places: Intent['places']) {
  const { inverse, unless, connection, endpoints, headers, expect, timeout } = params;
  const before = new Set(places.map(({ from }) => from));
  const [value = null] = before;
  if (inverse === undefined || before.size !== 1 || value === null) return undefined;
  const { body, ...how } = inverse;
  const call = { connection, headers, expect, timeout, ...how, unless: { ...unless, equals: value } };
  return {
    action: 'http.request',
    with: {
      ...call,
      ...(endpoints === undefined ? {} : { endpoints: withoutAbsent(endpoints) }),
      ...(body === undefined ? {} : { body: body as Json }),
    },
  };
}

function withoutAbsent(endpoints: NonNullable<Endpoints>): Readonly<Record<string, Json>> {
  return Object.fromEntries(Object.entries(endpoints).filter(([, value]) => value !== undefined));
}

async function lookAtAll(wanted: Params, { http, kubernetes, signal }: ReadContext): Promise<Intent['places']> {
  const places = await placesOf(wanted, { http, kubernetes }, signal);
  return await Promise.all(places.map(async (place) => ({ ...place, from: await look(http, { wanted, place }, signal) })));
}

/** The value at the pointer now; null where there is none. Anything but a short plain value is an unexpected answer. */
async function look(
  http: HttpReader,
  { wanted, place }: { readonly wanted: Params; readonly place: Place },
  signal: AbortSignal,
): Promise<Json> {
  const { connection, unless, timeout } = wanted;
  const doing = `GET ${unless.path} on ${connection}${atPlace(place)}`;
  const answer = await http.read({ connection, ...addressOf(place), method: 'GET', path: unless.path, timeoutMs: timeout }, signal);
  if (answer.status !== 200) throw new FixpointError('http.unexpected-answer', `${doing}: HTTP ${answer.status}, expected 200`);
  let body: unknown;
  try {
    body = JSON.parse(answer.body);
  } catch {
    // The parser's own error quotes the body.
    throw new FixpointError('http.unexpected-answer', `${doing}: the answer is ${answer.truncated ? 'too long' : 'not JSON'}`);
  }
  const value = pointed(body, unless.pointer);
  if (typeof value === 'object' && value !== null)
    throw new FixpointError('http.unexpected-answer', `${doing}: ${unless.pointer} is a list or an object, not a value`);
  if (typeof value === 'string' && value.length > longestText)
    throw new FixpointError('http.unexpected-answer', `${doing}: ${unless.pointer} is a text of ${value.length} characters`);
  return value as Json;
}
