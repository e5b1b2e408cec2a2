import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { codeOf, FixpointError } from '../errors.ts';
import type { ApiRoute } from './api-route.ts';
import { defaultApiLimits, type ApiDependencies, type ListenerTls } from './dependencies.ts';
import { Gatekeeper, type Person } from './gatekeeper.ts';
import { openApiDocument } from './openapi.ts';
import { problemOf, translated } from './problem-document.ts';
import { BodyReader } from './request-body.ts';
import { parseRequest } from './request-schema.ts';
import { eventRoutes } from './routes/event-routes.ts';
import { incidentRoutes } from './routes/incident-routes.ts';
import { pageRoutes } from './routes/page-routes.ts';
import { pauseRoutes } from './routes/pause-routes.ts';
import { rehearsalRoutes } from './routes/rehearsal-routes.ts';
import { rulebookRoutes } from './routes/rulebook-routes.ts';
import { runRoutes } from './routes/run-routes.ts';
import { serviceRoutes } from './routes/service-routes.ts';
import { webhookRoutes } from './routes/webhook-routes.ts';
import { securityHeaders, terseHeaders } from './security-headers.ts';
import { SourceDirectory } from './source-directory.ts';
import { answerUnreadable } from './unreadable-request.ts';

export type { ApiDependencies } from './dependencies.ts';

/** A request has to be here whole by then, ms. */
const requestTimeout = 30_000;

/** The HTTP API; it does not listen yet. Throws `config.invalid` where it would be open to others. */
export function buildServer(dependencies: ApiDependencies): FastifyInstance {
  const gatekeeper = new Gatekeeper(dependencies);
  const bodies = new BodyReader(dependencies.limits ?? defaultApiLimits);
  const sources = new SourceDirectory(dependencies);
  const streams = new Set<AbortController>();
  const routes: ApiRoute[] = [
    ...webhookRoutes(dependencies, { gatekeeper, sources, bodies }),
    ...runRoutes(dependencies),
    ...rehearsalRoutes(dependencies, sources),
    ...rulebookRoutes(dependencies),
    ...incidentRoutes(dependencies),
    ...pauseRoutes(dependencies),
    ...eventRoutes(dependencies, streams),
    ...serviceRoutes(dependencies),
    ...pageRoutes(dependencies.page),
  ];
  const openApi = openApiRoute(routes);
  routes.push(openApi);

  const { tls } = dependencies;
  const headers = securityHeaders(tls !== undefined);
  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply): void =>
    answerProblem(dependencies, { error, request, reply: reply.headers(headers) });
  const server = fastify({
    requestTimeout,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: fail,
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, headers),
    ...(tls === undefined ? {} : { https: tlsOptions(tls) }),
  }) as unknown as FastifyInstance;
  let isClosing = false;
  server.addHook('preClose', async () => {
    isClosing = true;
    for (const stream of streams) stream.abort();
  });
  const terse = new Set(routes.filter(({ role }) => role === 'source').map(({ path }) => path));
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(terse.has(request.routeOptions.url ?? '') ? terseHeaders : headers);
    if (!isClosing) return done();
    reply.header('connection', 'close');
    done(new FixpointError('shutting-down', 'this process is stopping; send it to another, or again'));
  });
  // Bodies are read by the routes themselves, after the credential has been looked at.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));
  server.setErrorHandler(fail);
  server.setNotFoundHandler((request, reply) => {
    const allowed = methodsAt(routes, pathOf(request));
    if (allowed.length === 0) throw new FixpointError('not-found', `there is nothing at ${pathOf(request).slice(0, 200)}`);
    reply.header('allow', allowed.join(', '));
    throw new FixpointError(
      'method.not-allowed',
      `${request.method} is not allowed here; ${allowed.join(' and ')} ${allowed.length === 1 ? 'is' : 'are'}`,
    );
  });
  for (const route of routes) server.route({ method: route.method, url: route.path, handler: handlerOf(route, gatekeeper, bodies) });
  return server;
}

function handlerOf(route: ApiRoute, gatekeeper: Gatekeeper, bodies: BodyReader) {
  const { role, query: querySchema, body: bodySchema } = route;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const params = request.params as Record<string, string>;
    const isOpenToAll = role === 'anyone' || role === 'source';
    const person: Person = isOpenToAll ? { by: role, as: 'webhook' } : await gatekeeper.admit(request, role);
    const query = querySchema === undefined ? undefined : parseRequest(querySchema, request.query, 'query');
    if (bodySchema === undefined) return await route.handle({ params, query, body: undefined, bytes: 0, ...person, request, reply });
    return await bodies.read(request.raw, async ({ value, bytes }) => {
      const body = parseRequest(bodySchema, value, 'body');
      return await route.handle({ params, query, body, bytes, ...person, request, reply });
    });
  };
}

/** A certificate that nobody we know has signed is no certificate: the request is then judged by its header. */
function tlsOptions({ cert, key, ca, needsCertificate }: ListenerTls) {
  return { cert, key, ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: needsCertificate }) };
}

function openApiRoute(routes: readonly ApiRoute[]): ApiRoute {
  let document: object | undefined;
  return {
    method: 'GET',
    path: '/api/v1/openapi.json',
    role: 'viewer',
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1' } },
    async handle() {
      document ??= openApiDocument(routes);
      return document;
    },
  };
}

function answerProblem(
  { ids, log }: Pick<ApiDependencies, 'ids' | 'log'>,
  { error: given, request, reply }: { error: unknown; request: FastifyRequest; reply: FastifyReply },
): void {
  const error = translated(given);
  const code = codeOf(error);
  const errorId = code === 'internal' ? ids.next() : '';
  const problem = problemOf(error, { path: pathOf(request), errorId });
  if (code === 'internal')
    log.error({ errorId, method: request.method, path: pathOf(request), err: given }, 'a request failed by an error of ours');
  else log.debug({ method: request.method, path: pathOf(request), code, reason: problem.detail }, 'a request was refused');
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="fixpoint"');
  if (typeof problem['retryAfterSeconds'] === 'number') reply.header('retry-after', String(problem['retryAfterSeconds']));
  void reply.code(problem.status).type('application/problem+json; charset=utf-8').send(JSON.stringify(problem));
}

function pathOf(request: FastifyRequest): string {
  return (request.raw.url ?? '/').split('?', 1)[0] ?? '/';
}

function methodsAt(routes: readonly ApiRoute[], path: string): string[] {
  return routes.filter((route) => new RegExp(`^${route.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(path)).map(({ method }) => method);
}
