import type { SandboxRequest, SandboxResponse } from '../../listen.ts';
import type { Fault } from '../fault-switch.ts';
import { forbidden, invalid, modified, notFound, StatusError } from '../status-error.ts';
import type { Route } from './route.ts';

/** The Status of a fault in the shape the recordings have for that code. */
export function faultError(fault: Extract<Fault, { status: number }>, request: SandboxRequest, route: Route | undefined): StatusError {
  const resource = route?.resource ?? { group: '', plural: 'resources', kind: 'Resource' };
  const name = route?.name ?? '';
  const retry = fault.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: fault.retryAfterSeconds };
  switch (fault.status) {
    case 401:
      return new StatusError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    case 403: {
      const sub = route === undefined || route.subresource === '' ? '' : `/${route.subresource}`;
      const where = route === undefined || route.namespace === '' ? 'at the cluster scope' : `in the namespace "${route.namespace}"`;
      const verb =
        { GET: name === '' ? 'list' : 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[request.method] ?? 'get';
      return forbidden(
        resource,
        name,
        `User "sandbox" cannot ${verb} resource "${resource.plural}${sub}" in API group "${resource.group}" ${where}`,
      );
    }
    case 404:
      return notFound(resource, name);
    case 409:
      return modified(resource, name);
    case 422:
      return invalid(resource, name, [
        { reason: 'FieldValueInvalid', message: 'Invalid value: "": set by a fault of the sandbox', field: 'spec' },
      ]);
    case 429:
      return new StatusError({
        code: 429,
        reason: 'TooManyRequests',
        message: 'too many requests, please try again later',
        details: { retryAfterSeconds: fault.retryAfterSeconds ?? 1 },
        retryAfterSeconds: fault.retryAfterSeconds ?? 1,
      });
    case 500:
      return new StatusError({
        code: 500,
        reason: 'InternalError',
        message: 'Internal error occurred: set by a fault of the sandbox',
        details: { causes: [{ message: 'set by a fault of the sandbox' }] },
        ...retry,
      });
    case 503:
      return new StatusError({
        code: 503,
        reason: 'ServiceUnavailable',
        message: 'the server is currently unable to handle the request',
        details: {},
        ...retry,
      });
  }
}

/** Never settles before the caller gives up; the connection is then cut. */
export function silence(signal: AbortSignal): Promise<SandboxResponse> {
  return new Promise((_, reject) => {
    const give = (): void => reject(new Error('the caller has gone'));
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}

/** Half of an answer, then a cut connection. */
export function halved(response: SandboxResponse): SandboxResponse {
  const { status, headers } = response;
  return { status, headers, stream: half(response) };
}

async function* half(response: SandboxResponse): AsyncGenerator<string> {
  if ('body' in response) yield response.body.slice(0, Math.ceil(response.body.length / 2));
  else if ('stream' in response) {
    for await (const chunk of response.stream) {
      yield chunk.slice(0, Math.ceil(chunk.length / 2));
      break;
    }
  }
  throw new Error('cut by a fault of the sandbox');
}
