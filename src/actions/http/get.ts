import { z } from 'zod';
import type { Json } from '../../value/json.ts';
import { redactText } from '../../value/redact.ts';
import { defineAction } from '../action.ts';
import { withoutCredentials } from '../kubernetes/without-credentials.ts';
import { lengthBetween, lengthOf } from '../length.ts';
import { HttpConnection, HttpPath, JsonPointer } from './http-connection.ts';
import { pointed } from '../../value/pointed.ts';

/** Characters of a body that is no JSON. */
const longestText = 4000;

const Params = z.strictObject({
  connection: HttpConnection,
  path: HttpPath.describe('Path and query below the origin of the connection.'),
  pointer: JsonPointer.optional().describe('The part of the JSON that is wanted (RFC 6901); null where it is not there.'),
  within: lengthBetween(1, 60_000).default('10s').describe('How long the answer may take.'),
});

/** An answer of any status is an output and no failure: what a sick service says of itself is what one wants to know. */
export const get = defineAction<z.infer<typeof Params>, null>({
  name: 'http.get',
  summary: 'GET a path of a declared HTTP connection and keep the answer; what looks like a credential is hidden.',
  effect: 'read',
  output: '`{ status, body }`; `body` is the JSON, or the part of it that `pointer` names, else the first 4,000 characters',
  params: Params,
  target: () => undefined,
  permissions: () => [],
  async plan({ connection, path, pointer, within }, { http, signal }) {
    const { status, body } = await http.read({ connection, method: 'GET', path, timeoutMs: lengthOf(within) }, signal);
    return { intent: null, changes: [], output: { status, body: read(body, pointer) } };
  },
  apply: () => Promise.resolve(null),
});

function read(body: string, pointer: string | undefined): Json {
  let value: Json;
  try {
    value = JSON.parse(body) as Json;
  } catch {
    return redactText(body).slice(0, longestText);
  }
  const clean = withoutCredentials(value);
  return pointer === undefined ? clean : (pointed(clean, pointer) as Json);
}
