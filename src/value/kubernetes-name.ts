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
  return names.find((name) => {
    const [group = '', version] = name.apiVersion.split('/');
    return kind === (version === undefined ? name.kind.toLowerCase() : `${name.kind.toLowerCase()}.${group}`);
  });
}
