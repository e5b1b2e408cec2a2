import type { SandboxHandler, SandboxRequest, SandboxResponse } from '../listen.ts';
import type { ServedCluster } from './cluster.ts';
import { openAccess, type Access } from './access/access.ts';
import { serveReview } from './access/reviews.ts';
import { serveTokens } from './access/token-reviews.ts';
import { FaultSwitch } from './fault-switch.ts';
import type { Verb } from './resource.ts';
import { RequestLog } from './request-log.ts';
import { faultError, halved, silence } from './serve/afflict.ts';
import { errorAnswer, jsonAnswer, textAnswer } from './serve/answer.ts';
import type { Call } from './serve/call.ts';
import { serveList } from './serve/collection.ts';
import { deleteCollection, deleteObject } from './serve/delete.ts';
import { discovery } from './serve/discovery.ts';
import { serveEviction } from './serve/eviction.ts';
import { serveExec } from './serve/exec.ts';
import { serveMetrics } from './serve/metrics.ts';
import { createObject, getObject, patchObject, replaceObject } from './serve/objects.ts';
import { serveLog } from './serve/pod-log.ts';
import { parseRoute } from './serve/route.ts';
import type { Route } from './serve/route.ts';
import { serveScale } from './serve/scale.ts';
import { serveWatch } from './serve/watch.ts';
import { methodNotAllowed, notSimulated, StatusError } from './status-error.ts';

export type { SandboxRequest, SandboxResponse } from '../listen.ts';

export interface KubernetesApi {
  readonly handle: SandboxHandler;
  readonly faults: FaultSwitch;
  readonly requests: RequestLog;
}

/** The Kubernetes API of a simulated cluster; without `access` everybody may do everything. */
export function createKubernetesApi(cluster: ServedCluster, { access = openAccess }: { readonly access?: Access } = {}): KubernetesApi {
  const faults = new FaultSwitch();
  const requests = new RequestLog();

  async function handle(request: SandboxRequest, signal: AbortSignal): Promise<SandboxResponse> {
    const fault = faults.take(request.method, request.path);
    const log = (status: number): void =>
      requests.add({
        method: request.method,
        path: request.path,
        query: request.query.toString(),
        body: request.body,
        status,
        at: cluster.clock.now(),
      });
    if (fault !== undefined && 'never' in fault) {
      if (fault.isApplied === true) await answerTo(request, signal);
      log(0);
      return silence(signal);
    }
    if (fault !== undefined && 'cut' in fault) {
      const response = await answerTo(request, signal);
      log(0);
      return halved(response);
    }
    const response = fault === undefined ? await answerTo(request, signal) : errorAnswer(faultError(fault, request, routeOrNone(request)));
    log(response.status);
    return response;
  }

  async function answerTo(request: SandboxRequest, signal: AbortSignal): Promise<SandboxResponse> {
    try {
      const user = access.identify(request);
      access.require(request, user);
      if (request.method === 'GET' && ['/healthz', '/livez', '/readyz'].includes(request.path)) return textAnswer(200, 'ok');
      const found = request.method === 'GET' ? discovery(request.path) : undefined;
      if (found !== undefined) return jsonAnswer(200, found);
      const review = serveReview(request, { access, user, store: cluster.store });
      if (review !== undefined) return review;
      const token = serveTokens(request, { access, user, cluster });
      if (token !== undefined) return token;
      const metrics = serveMetrics(request, cluster);
      if (metrics !== undefined) return metrics;
      const route = parseRoute(request.path);
      if (route === undefined) return textAnswer(404, '404 page not found\n');
      return await dispatch({ request, route, cluster, signal }, verbOf(request, route));
    } catch (error) {
      if (error instanceof StatusError) return errorAnswer(error);
      throw error;
    }
  }

  return { handle, faults, requests };
}

function routeOrNone(request: SandboxRequest): Route | undefined {
  try {
    return parseRoute(request.path);
  } catch {
    return undefined;
  }
}

function verbOf(request: SandboxRequest, route: Route): Verb {
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      if (isWatch(request) && route.subresource === '') return 'watch';
      return route.name === '' ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return route.name === '' ? 'deletecollection' : 'delete';
    default:
      throw methodNotAllowed();
  }
}

function isWatch(request: SandboxRequest): boolean {
  return ['1', 'true'].includes(request.query.get('watch') ?? '');
}

function dispatch(call: Call, verb: Verb): SandboxResponse | Promise<SandboxResponse> {
  const { resource, name, subresource } = call.route;
  if (subresource === 'scale') return serveScale(call);
  if (subresource === 'log') return serveLog(call);
  if (subresource === 'eviction') return serveEviction(call);
  if (subresource === 'exec') return serveExec(call);
  const needsName = ['get', 'update', 'patch', 'delete'].includes(verb);
  if (needsName === (name === '')) throw methodNotAllowed();
  if (!resource.verbs.includes(verb)) throw notSimulated(`${verb} of ${resource.plural}`);
  switch (verb) {
    case 'get':
      return getObject(call);
    case 'list':
      return serveList(call);
    case 'watch':
      return serveWatch(call);
    case 'create':
      return createObject(call);
    case 'update':
      return replaceObject(call);
    case 'patch':
      return patchObject(call);
    case 'delete':
      return deleteObject(call);
    case 'deletecollection':
      return deleteCollection(call);
  }
}
