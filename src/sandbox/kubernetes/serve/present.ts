import type { KubernetesObject } from '../object.ts';
import { StatusError } from '../status-error.ts';
import type { Call } from './call.ts';
import { metadataOf } from './metadata.ts';
import { tableOf } from './table.ts';

export type Form = 'object' | 'table' | 'metadata';

/** What `Accept` asks for: whole objects, a Table for people, or metadata only; JSON is the one encoding. */
export function formOf(call: Call): Form {
  const accept = call.request.headers['accept'] ?? '*/*';
  for (const entry of accept.split(',')) {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim());
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice('as='.length);
    const group = parameters.find((parameter) => parameter.startsWith('v='))?.slice('v='.length);
    if (as === undefined) return 'object';
    if (as === 'Table' && group === 'v1') return 'table';
    if (as.startsWith('PartialObjectMetadata') && group === 'v1') return 'metadata';
  }
  const message =
    '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf';
  throw new StatusError({ code: 406, reason: 'NotAcceptable', message, details: {} });
}

/** One object in the form asked for. */
export function present(call: Call, object: KubernetesObject): unknown {
  switch (formOf(call)) {
    case 'object':
      return object;
    case 'metadata':
      return metadataOf(object);
    case 'table': {
      const { resourceVersion } = object.metadata;
      return tableOf(call, { kind: object.kind, objects: [object], metadata: { resourceVersion } });
    }
  }
}
