import type { SandboxRequest } from '../../listen.ts';
import type { PlainObject } from '../plain.ts';
import { textAt } from '../plain.ts';
import { parseFieldSelector } from '../selector.ts';

/** What somebody wants to do, as roles tell it; `resource` may have a subresource (`pods/log`). */
export interface Wanted {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** What a request wants by its path alone, whether there is such a thing or not (fact 23); undefined for paths that are no resource. */
export function wantedBy(request: SandboxRequest): Wanted | undefined {
  const [root, ...rest] = request.path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const group = root === 'api' ? '' : (rest.shift() ?? '');
  if ((root !== 'api' && root !== 'apis') || rest.length < 2) return undefined;
  const [first = '', second = '', ...more] = rest.slice(1);
  const isInside = first === 'namespaces' && more.length > 0;
  const [plural = '', name = '', subresource = ''] = isInside ? more : [first, second, ...more];
  const namespace = isInside || first === 'namespaces' ? second : '';
  const resource = subresource === '' ? plural : `${plural}/${subresource}`;
  return { verb: verbOf(request, name), group, resource, namespace, name: name === '' ? selectedName(request) : name };
}

/** The wish in a review's `spec.resourceAttributes`. */
export function wantedIn(attributes: PlainObject): Wanted {
  const text = (name: string): string => textAt(attributes, name);
  const resource = text('subresource') === '' ? text('resource') : `${text('resource')}/${text('subresource')}`;
  return { verb: text('verb'), group: text('group'), resource, namespace: text('namespace'), name: text('name') };
}

function verbOf({ method, query }: SandboxRequest, name: string): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    default:
      if (['1', 'true'].includes(query.get('watch') ?? '')) return 'watch';
      return name === '' ? 'list' : 'get';
  }
}

/** A list of the one object of a name is allowed by that name (fact 25). */
function selectedName({ method, query }: SandboxRequest): string {
  if (method !== 'GET') return '';
  try {
    const fields = parseFieldSelector(query.get('fieldSelector') ?? '', ['metadata.name']);
    return fields.find(({ isEqual }) => isEqual)?.value ?? '';
  } catch {
    return '';
  }
}
