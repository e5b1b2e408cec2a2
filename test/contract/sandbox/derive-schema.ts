interface Property {
  readonly 'type'?: string;
  readonly 'format'?: string;
  readonly '$ref'?: string;
  readonly 'items'?: Property;
  readonly 'additionalProperties'?: Property;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
}

interface Definition extends Property {
  readonly properties?: Readonly<Record<string, Property>>;
}

export interface OpenApi {
  readonly definitions: Readonly<Record<string, Definition>>;
}

const roots = [
  'io.k8s.api.apps.v1.Deployment',
  'io.k8s.api.apps.v1.ReplicaSet',
  'io.k8s.api.apps.v1.StatefulSet',
  'io.k8s.api.apps.v1.ControllerRevision',
  'io.k8s.api.core.v1.Pod',
  'io.k8s.api.core.v1.ConfigMap',
  'io.k8s.api.core.v1.Secret',
  'io.k8s.api.core.v1.Service',
  'io.k8s.api.core.v1.Event',
  'io.k8s.api.core.v1.Namespace',
  'io.k8s.api.core.v1.Node',
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  'io.k8s.api.autoscaling.v1.Scale',
  'io.k8s.api.policy.v1.Eviction',
  'io.k8s.api.policy.v1.PodDisruptionBudget',
  'io.k8s.api.batch.v1.CronJob',
  'io.k8s.api.batch.v1.Job',
  'io.k8s.api.core.v1.ResourceQuota',
  'io.k8s.api.apps.v1.DaemonSet',
  'io.k8s.api.core.v1.ServiceAccount',
  'io.k8s.api.rbac.v1.ClusterRole',
  'io.k8s.api.rbac.v1.ClusterRoleBinding',
  'io.k8s.api.rbac.v1.Role',
  'io.k8s.api.rbac.v1.RoleBinding',
  'io.k8s.api.discovery.v1.EndpointSlice',
  'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
];

const scalars: Readonly<Record<string, string>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'intOrString',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'microTime',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'any',
};

/** The part of a server's OpenAPI that the sandbox reads: field types and strategic-merge keys, nothing else. */
export function deriveSchema(openApi: OpenApi): { readonly kinds: unknown; readonly structs: unknown } {
  const structs: Record<string, Record<string, unknown>> = {};
  const names = new Map<string, string>();

  function nameOf(reference: string): string {
    const known = names.get(reference);
    if (known !== undefined) return known;
    const short = reference.slice(reference.lastIndexOf('.') + 1);
    const name = [...names.values()].includes(short) ? reference.split('.').slice(-3).join('.') : short;
    names.set(reference, name);
    structs[name] = {};
    const properties = openApi.definitions[reference]?.properties ?? {};
    for (const [field, property] of Object.entries(properties)) structs[name][field] = fieldOf(property);
    return name;
  }

  function fieldOf(property: Property): unknown {
    if (property.$ref !== undefined) {
      const reference = property.$ref.slice('#/definitions/'.length);
      return scalars[reference] ?? { struct: nameOf(reference) };
    }
    if (property.type === 'array') {
      const isMerged = property['x-kubernetes-patch-strategy']?.includes('merge') ?? false;
      const key = property['x-kubernetes-patch-merge-key'];
      return { list: fieldOf(property.items ?? {}), ...(isMerged ? { merge: key ?? true } : {}) };
    }
    if (property.type === 'object')
      return property.additionalProperties === undefined ? 'any' : { map: fieldOf(property.additionalProperties) };
    if (property.type === 'string' && property.format === 'byte') return 'bytes';
    if (property.type === 'integer') return property.format === 'int64' ? 'int64' : 'int32';
    return property.type ?? 'any';
  }

  const kinds = Object.fromEntries(roots.map((root) => [root.slice(root.lastIndexOf('.') + 1), nameOf(root)]));
  return { kinds, structs };
}
