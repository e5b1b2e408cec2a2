import { isPlainObject } from '../../../src/sandbox/kubernetes/plain.ts';

const letters = 'bcdfghjklmnpqrstvwxz2456789';
const hashed = new RegExp(`-[${letters}]{8,10}(-[${letters}]{5})?(?![a-z0-9])|(?<=\\b(web|x|dry)[.-])[${letters}]{5}\\b`, 'g');
const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

const timed = new Set([
  'lastUpdateTime',
  'lastTransitionTime',
  'creationTimestamp',
  'deletionTimestamp',
  'startTime',
  'completionTime',
  'lastProbeTime',
  'lastHeartbeatTime',
  'lastSuccessfulTime',
  'lastScheduleTime',
  'timeAdded',
]);

/**
 * What must be equal between a recorded and a replayed answer: everything but identifiers, tokens, versions, times, generated names,
 * of pods what the recording's node and
 * admission decided (status, node, token volume, log text), and the descriptions of Table columns.
 */
export function comparable(value: unknown): unknown {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map(comparable);
  if (!isPlainObject(value)) return value;
  const isPod =
    isPlainObject(value['spec']) &&
    Array.isArray(value['spec']['containers']) &&
    isPlainObject(value['status']) &&
    'phase' in value['status'];
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(isPod ? bareOfPod(value) : value)) {
    if (key === 'description') continue;
    if (key === 'uid' || key === 'resourceVersion' || key === 'continue')
      result[key] = typeof member === 'string' && member !== '' ? `<${key}>` : member;
    else if (timed.has(key)) result[key] = member === null ? null : '<time>';
    else if (key === 'pod-template-hash' || key === 'controller-revision-hash' || key === 'controller.kubernetes.io/hash')
      result[key] = '<hash>';
    else if (key === 'token' && typeof member === 'string') result[key] = '<token>';
    else if (key === 'clusterIP') result[key] = '<address>';
    else if (key === 'clusterIPs') result[key] = ['<address>'];
    else if (key === 'conditions' && Array.isArray(member)) result[key] = member.map(comparable).toSorted(byType);
    else if (key === 'cells' && Array.isArray(member))
      result[key] = member.map((cell) => (/^\d+s$/.test(String(cell)) ? '<age>' : comparable(cell)));
    else if (key === 'items' && Array.isArray(member)) result[key] = inOrder(member.map(comparable));
    else result[key] = comparable(member);
  }
  return result;
}

/** The order of generated names is another with other hashes; lists with such names are put in the order of their content. */
function inOrder(items: readonly unknown[]): readonly unknown[] {
  const isGenerated = JSON.stringify(items).includes('-<hash>');
  const key = (item: unknown): string => JSON.stringify(item, Object.keys(isPlainObject(item) ? flatKeys(item) : {}).toSorted());
  return isGenerated ? items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)) : items;
}

function flatKeys(value: unknown): Record<string, true> {
  if (Array.isArray(value)) return Object.assign({}, ...value.map(flatKeys)) as Record<string, true>;
  if (!isPlainObject(value)) return {};
  return Object.assign({}, ...Object.entries(value).map(([key, member]) => ({ [key]: true, ...flatKeys(member) }))) as Record<string, true>;
}

function bareOfPod(pod: Record<string, unknown>): Record<string, unknown> {
  const { nodeName: _, volumes: __, containers, initContainers, ...spec } = pod['spec'] as Record<string, unknown>;
  const bare = (list: unknown): unknown =>
    Array.isArray(list) ? list.map(({ volumeMounts: ___, ...container }: Record<string, unknown>) => container) : list;
  return { ...pod, spec: { ...spec, containers: bare(containers), initContainers: bare(initContainers) }, status: '<kubelet>' };
}

function text(value: string): string {
  const isPatchFault = /patch: Invalid value: |^Invalid value: "(\{|map\[)/.test(value);
  if (isPatchFault) return value.replace(/Invalid value: "(?:[^"\\]|\\.)*"/, 'Invalid value: <object>');
  if (value.startsWith('Forbidden: pod updates') || value.includes('spec: Forbidden: pod updates'))
    return value.replace(/pod updates may not change.*$/s, 'pod updates <…>');
  return value
    .replace(uid, '<uid>')
    .replace(time, '<time>')
    .replace(hashed, '-<hash>')
    .replace(/core\.PodTemplateSpec\{.*\}: field is immutable/s, 'core.PodTemplateSpec{…}: field is immutable')
    .replace(/\btick-\d{8}\b/g, 'tick-<minute>')
    .replace(/(\[\w+\] line) \d+/g, '$1')
    .replace(/in record \(\d+\)/, 'in record (<version>)')
    .replace(/current: \d+/, 'current: <version>');
}

function byType(a: unknown, b: unknown): number {
  const type = (value: unknown): string => (isPlainObject(value) ? String(value['type']) : '');
  return type(a) < type(b) ? -1 : 1;
}
