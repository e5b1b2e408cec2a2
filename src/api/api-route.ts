import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Wisher } from '../pipeline/within.ts';
import type { Role } from '../value/role.ts';
import type { ReadBody } from './request-body.ts';

/** One request after its credential, query and body have been found good. */
export interface ApiCall<Query, Body> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly bytes: ReadBody['bytes'];
  /** Who asks: a token's name, `<issuer>:<user>`, `kubernetes:<user>`, `certificate:<subject>`, `local`, or `local:<user>`. */
  readonly by: string;
  /** What they may do. */
  readonly as: Role;
  /** The namespaces that an operator is limited to; absent = all. */
  readonly within?: readonly string[];
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Who asks, as operations want to know it. */
export function wisherOf({ by, within }: Pick<ApiCall<unknown, unknown>, 'by' | 'within'>): Wisher {
  return { by, ...(within === undefined ? {} : { within }) };
}

/** What one status of a route means. */
export interface ApiAnswer {
  readonly description: string;
  /** Default: `application/json`. */
  readonly contentType?: string;
  readonly schema?: z.ZodType;
}

/** One route: registered by the server, described in the OpenAPI document. */
export interface ApiRoute<Query = unknown, Body = unknown> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As Fastify has it: `/api/v1/runs/:id`. */
  readonly path: string;
  /** The least role that may call it; `anyone` needs no credential; `source`: the handler asks for a source's credential itself. */
  readonly role: Role | 'anyone' | 'source';
  readonly summary: string;
  readonly query?: z.ZodType<Query>;
  /** Absent: no body is read. */
  readonly body?: z.ZodType<Body>;
  /** What the OpenAPI document says of the body, where the handler parses it by itself. */
  readonly describedBody?: z.ZodType;
  readonly answers: Readonly<Record<number, ApiAnswer>>;
  /** The answer's body; undefined when it has been sent already or there is none. */
  handle(call: ApiCall<Query, Body>): Promise<unknown>;
}

/** Keeps the types of query and body for the handler; the server parses both before it calls. */
export function defineRoute<Query = undefined, Body = undefined>(route: ApiRoute<Query, Body>): ApiRoute {
  return route;
}
