/** How manifests name a kind. */
export interface KindName {
  readonly apiVersion: string;
  readonly kind: string;
}

const groups: Readonly<Record<string, readonly string[]>> = {
  'v1': ['Pod', 'ConfigMap', 'Service', 'Endpoints', 'PersistentVolumeClaim', 'PersistentVolume', 'Namespace', 'Node'],
  'apps/v1': ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'],
  'batch/v1': ['Job', 'CronJob'],
  'autoscaling/v2': ['HorizontalPodAutoscaler'],
  'policy/v1': ['PodDisruptionBudget'],
  'networking.k8s.io/v1': ['Ingress', 'NetworkPolicy'],
  'networking.istio.io/v1': ['VirtualService'],
};

const names: readonly KindName[] = Object.entries(groups).flatMap(([apiVersion, kinds]) => kinds.map((kind) => ({ apiVersion, kind })));

/** Kinds that can be asked about by name: `Deployment`. */
export const askableKinds: readonly string[] = names.map(({ kind }) => kind);

export function kindNamed(kind: string): KindName | undefined {
  return names.find((name) => name.kind === kind);
}

/** The kind behind a target's `deployment.apps` or `pod`; undefined for one that we do not know. */
export function kindOfTarget(kind: string): KindName | undefined {
  return names.find((name) => inTarget(name) === kind);
}

/** How targets name the kind that `deployment`, `deployments.apps` or `pods` means; undefined for one that we do not know. */
export function kindLike(text: string): string | undefined {
  const [first = '', ...group] = text.split('.');
  const known = names.map(inTarget);
  return known.find((kind) => {
    const [own, ...ownGroup] = kind.split('.');
    return (own === first || pluralOf(own ?? '') === first) && (group.length === 0 || group.join('.') === ownGroup.join('.'));
  });
}

function inTarget({ apiVersion, kind }: KindName): string {
  const [group = '', version] = apiVersion.split('/');
  return version === undefined ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}

function pluralOf(kind: string): string {
  return /(?:s|x|ch)$/.test(kind) ? `${kind}es` : kind.replace(/y$/, 'ie').concat('s');
}
