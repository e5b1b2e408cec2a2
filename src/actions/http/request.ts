import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { HttpReader } from '../../ports/http-client.ts';
import type { Json } from '../../value/json.ts';
import { contentHash } from '../../value/json.ts';
import { printable } from '../../value/printable.ts';
import { problemOfHttpPath } from '../../value/http-path.ts';
import { defineAction } from '../action.ts';

const Path = z.string().superRefine((path, context) => {
  const problem = problemOfHttpPath(path);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const Connection = z
  .string()
  .regex(/^[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?$/, 'must be the name of a connection under `http:` in fixpoint.yaml');

/** A longer text is no state to compare with, and would fill records. */
const longestText = 1000;

const Params = z.strictObject({
  connection: Connection.describe('A connection of `http:` in fixpoint.yaml; addresses are never written into rules.'),
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).describe('The method of the changing request.'),
  path: Path.describe('Path and query below the origin of the connection.'),
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
  body: z.json().optional().describe('Sent as JSON; may hold `${secrets.name}`.'),
  expect: z.array(z.int().min(200).max(299)).min(1).default([200, 201, 202, 204]).describe('Statuses that count as done.'),
  unless: z
    .strictObject({
      path: Path,
      pointer: z.string().regex(/^(?:\/[^/]*)+$/, 'must be a JSON pointer'),
      equals: z.union([z.string(), z.number(), z.boolean()]),
    })
    .describe('What a GET of `path` shows when the request is not needed (any more): the value at a JSON pointer (RFC 6901).'),
  timeout: z.int().min(100).max(60_000).default(5000).describe('How long each request may take, ms.'),
});

type Intent = { readonly request: z.infer<typeof Params>; readonly from: Json; readonly key: string };

/** A changing request that a GET can tell to be done: not sent when it is, before planning's end as before each sending. */
export const request = defineAction<z.infer<typeof Params>, Intent>({
  name: 'http.request',
  summary: 'Send a changing request to a declared HTTP connection, unless a GET shows that it is not needed.',
  effect: 'converge',
  params: Params,
  target: () => undefined,
  permissions: () => [],
  async plan(params, { http, signal, run }) {
    const target = http.targetOf(params.connection);
    if (target === undefined)
      throw new FixpointError('target.missing', `no connection is named ${params.connection} (http: in fixpoint.yaml)`);
    const from = await look(http, params, signal);
    const intent: Intent = { request: params, from, key: contentHash({ run, ...params }) };
    if (from === params.unless.equals) return { intent, changes: [], target };
    return {
      intent,
      changes: [
        { what: `${params.method} ${params.path} (${params.unless.path} ${params.unless.pointer})`, from, to: params.unless.equals },
      ],
      target,
    };
  },
  async apply({ request: wanted, from, key }, { http, write, signal }) {
    const now = await look(http, wanted, signal);
    if (now === wanted.unless.equals) return { status: 0, sent: false };
    if (now !== from)
      throw new FixpointError(
        'target.changed',
        `${wanted.unless.pointer} of ${wanted.connection} is ${printable(now)}, neither ${printable(from)} nor ${printable(wanted.unless.equals)}`,
      );
    const headers = {
      ...wanted.headers,
      'idempotency-key': key,
      ...(wanted.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const answer = await write.http.send(
      {
        connection: wanted.connection,
        method: wanted.method,
        path: wanted.path,
        headers,
        ...(wanted.body === undefined ? {} : { body: JSON.stringify(wanted.body) }),
        timeoutMs: wanted.timeout,
      },
      signal,
    );
    if (!wanted.expect.includes(answer.status)) {
      throw new FixpointError(
        'http.unexpected-answer',
        `${wanted.method} ${wanted.path} on ${wanted.connection}: HTTP ${answer.status}, expected ${wanted.expect.join(' or ')}`,
      );
    }
    return { status: answer.status, sent: true };
  },
  async settled({ request: wanted }, { http, signal }) {
    const now = await look(http, wanted, signal);
    if (now === wanted.unless.equals) return { settled: true };
    return { settled: false, reason: `${wanted.unless.pointer} is still ${printable(now)}` };
  },
});

/** The value at the pointer now; null where there is none. Anything but a short plain value is an unexpected answer. */
async function look(http: HttpReader, { connection, unless, timeout }: z.infer<typeof Params>, signal: AbortSignal): Promise<Json> {
  const answer = await http.read({ connection, method: 'GET', path: unless.path, timeoutMs: timeout }, signal);
  if (answer.status !== 200)
    throw new FixpointError('http.unexpected-answer', `GET ${unless.path} on ${connection}: HTTP ${answer.status}, expected 200`);
  let value: unknown;
  try {
    value = JSON.parse(answer.body);
  } catch {
    // The parser's own error quotes the body.
    throw new FixpointError(
      'http.unexpected-answer',
      `GET ${unless.path} on ${connection}: the answer is ${answer.truncated ? 'too long' : 'not JSON'}`,
    );
  }
  for (const part of unless.pointer.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : null;
  }
  if (typeof value === 'object' && value !== null)
    throw new FixpointError(
      'http.unexpected-answer',
      `GET ${unless.path} on ${connection}: ${unless.pointer} is a list or an object, not a value`,
    );
  if (typeof value === 'string' && value.length > longestText)
    throw new FixpointError(
      'http.unexpected-answer',
      `GET ${unless.path} on ${connection}: ${unless.pointer} is a text of ${value.length} characters`,
    );
  return value as Json;
}
