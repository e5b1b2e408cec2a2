/** How the API names the collection of a kind. */
export interface KubernetesKind {
  readonly plural: string;
  readonly namespaced: boolean;
}

const namespaced = (plural: string): KubernetesKind => ({ plural, namespaced: true });
const clusterScoped = (plural: string): KubernetesKind => ({ plural, namespaced: false });

/** Kinds we know, by `apiVersion/Kind`, so that no call needs discovery. Secrets are none of them: nothing here may read one. */
const kubernetesKinds: Readonly<Record<string, KubernetesKind>> = {
  'v1/Pod': namespaced('pods'),
  'v1/ConfigMap': namespaced('configmaps'),
  'v1/Service': namespaced('services'),
  'v1/Endpoints': namespaced('endpoints'),
  'v1/Event': namespaced('events'),
  'v1/PersistentVolumeClaim': namespaced('persistentvolumeclaims'),
  'v1/ResourceQuota': namespaced('resourcequotas'),
  'v1/LimitRange': namespaced('limitranges'),
  'v1/Namespace': clusterScoped('namespaces'),
  'v1/Node': clusterScoped('nodes'),
  'v1/PersistentVolume': clusterScoped('persistentvolumes'),
  'apps/v1/Deployment': namespaced('deployments'),
  'apps/v1/StatefulSet': namespaced('statefulsets'),
  'apps/v1/DaemonSet': namespaced('daemonsets'),
  'apps/v1/ReplicaSet': namespaced('replicasets'),
  'apps/v1/ControllerRevision': namespaced('controllerrevisions'),
  'autoscaling/v2/HorizontalPodAutoscaler': namespaced('horizontalpodautoscalers'),
  'batch/v1/Job': namespaced('jobs'),
  'batch/v1/CronJob': namespaced('cronjobs'),
  'policy/v1/PodDisruptionBudget': namespaced('poddisruptionbudgets'),
  'discovery.k8s.io/v1/EndpointSlice': namespaced('endpointslices'),
  'networking.k8s.io/v1/Ingress': namespaced('ingresses'),
  'networking.k8s.io/v1/NetworkPolicy': namespaced('networkpolicies'),
  'networking.istio.io/v1/VirtualService': namespaced('virtualservices'),
  'metrics.k8s.io/v1beta1/PodMetrics': namespaced('pods'),
  'metrics.k8s.io/v1beta1/NodeMetrics': clusterScoped('nodes'),
};

/** The API version that a kind of Kubernetes itself has; metrics are read by their own action. */
export function versionOfKind(kind: string): string | undefined {
  const key = Object.keys(kubernetesKinds).find((each) => each.endsWith(`/${kind}`));
  return key?.slice(0, -kind.length - 1);
}

/** The API version and kind that a target's `kind.group` stands for; undefined for one that we do not know. */
export function kindOfTarget(text: string): { readonly apiVersion: string; readonly kind: string } | undefined {
  for (const key of Object.keys(kubernetesKinds)) {
    const at = key.lastIndexOf('/');
    const apiVersion = key.slice(0, at);
    const kind = key.slice(at + 1);
    const group = apiVersion.includes('/') ? `.${apiVersion.slice(0, apiVersion.indexOf('/'))}` : '';
    if (`${kind.toLowerCase()}${group}` === text) return { apiVersion, kind };
  }
  return undefined;
}

/** The kind's place in the API; undefined for one that we do not know. */
export function kubernetesKind(apiVersion: string, kind: string): KubernetesKind | undefined {
  const key = `${apiVersion}/${kind}`;
  return Object.hasOwn(kubernetesKinds, key) ? kubernetesKinds[key] : undefined;
}
