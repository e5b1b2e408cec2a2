import type { Manifest } from './kustomize.ts';

export type Labels = Readonly<Record<string, string>>;

interface Container {
  readonly image: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: object;
  readonly resources: { readonly requests: object; readonly limits: object };
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly subPath?: string;
    readonly readOnly?: boolean;
  }[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly [probe: string]: unknown;
}
interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly emptyDir?: object;
  readonly projected?: { readonly sources: readonly { readonly configMap: { readonly name: string; readonly optional?: boolean } }[] };
}
/** What is looked at of a Deployment or StatefulSet. */
export interface Workload {
  readonly replicas: number;
  readonly strategy?: object;
  readonly selector: { readonly matchLabels: Labels };
  readonly template: {
    readonly metadata: { readonly labels: Labels };
    readonly spec: {
      readonly serviceAccountName?: string;
      readonly terminationGracePeriodSeconds: number;
      readonly securityContext: object;
      readonly containers: readonly [Container];
      readonly volumes: readonly Volume[];
      readonly affinity?: object;
      readonly topologySpreadConstraints?: readonly object[];
    };
  };
}

export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

export const workload = (manifests: readonly Manifest[], kind: string, name: string) => find(manifests, kind, name)['spec'] as Workload;

export const workloadsOf = (manifests: readonly Manifest[]) =>
  manifests
    .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
    .map((manifest) => manifest as Manifest & { readonly spec: Workload });

export const deploymentsOf = (manifests: readonly Manifest[]) =>
  manifests.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);

export const selects = (selector: Labels, labels: Labels | undefined) =>
  Object.entries(selector).every(([name, value]) => labels?.[name] === value);
