import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { HttpReader } from '../../ports/http-client.ts';
import type { KubernetesObject, KubernetesReader } from '../../ports/kubernetes.ts';
import type { Permission } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from '../kubernetes/names.ts';

const mostEndpoints = 200;

export const Endpoints = z
  .strictObject({
    cluster: ClusterName,
    namespace: Namespace,
    service: ObjectName.describe('The Service; `endpoints` of the connection has to name the same one.'),
    port: z
      .union([z.int().min(1).max(65_535), z.string().regex(/^[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?$/)])
      .optional()
      .describe('A port of the endpoints by number or name, where they have several.'),
  })
  .optional()
  .describe('Every ready endpoint of a Service, one by one, instead of the connection as it is.');
export type Endpoints = z.infer<typeof Endpoints>;

/** One place that a request goes to: the connection itself, or one endpoint of its Service. */
export interface Place {
  /** `ip:port` of an endpoint. */
  readonly address?: string;
  /** The pod's name, or its address where it has none. */
  readonly pod?: string;
}

export function endpointPermissions(endpoints: Endpoints): readonly Permission[] {
  if (endpoints === undefined) return [];
  const { cluster, namespace } = endpoints;
  return [{ cluster, namespace, apiGroup: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['list'] }];
}

/** Behind the name of what changes, where there are several places. */
export function atPlace({ pod }: Place): string {
  return pod === undefined ? '' : ` at ${pod}`;
}

/** Where a request of the connection goes: to itself, or to every endpoint that is ready now. */
export async function placesOf(
  { connection, endpoints }: { readonly connection: string; readonly endpoints?: Endpoints },
  { http, kubernetes }: { readonly http: HttpReader; readonly kubernetes: KubernetesReader },
  signal: AbortSignal,
): Promise<readonly Place[]> {
  if (endpoints === undefined) return [{}];
  const { cluster, namespace, service, port } = endpoints;
  const declared = http.endpointsOf(connection);
  // The connection's credentials are for the pods of one cluster.
  if (declared !== `${cluster}/${namespace}/${service}`)
    throw new FixpointError(
      'http.refused',
      `${connection} may not call the endpoints of ${cluster}/${namespace}/${service} (http.${connection}.endpoints in fixpoint.yaml: ${declared ?? 'none'})`,
    );
  const slices = await kubernetes.list(
    {
      cluster,
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      namespace,
      labelSelector: `kubernetes.io/service-name=${service}`,
    },
    signal,
  );
  const places = new Map(slices.flatMap((slice) => readyIn(slice, port)).map((place) => [place.address, place]));
  if (places.size === 0) throw new FixpointError('target.missing', `Service ${namespace}/${service} has no ready endpoint`);
  if (places.size > mostEndpoints)
    throw new FixpointError('target.ambiguous', `Service ${namespace}/${service} has ${places.size} endpoints, more than ${mostEndpoints}`);
  return [...places.values()];
}

interface Slice {
  readonly addressType?: string;
  /** Null, as `endpoints`, where nothing is selected. */
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
  readonly endpoints?:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions?: { readonly ready?: boolean };
        readonly targetRef?: { readonly name?: string };
      }[]
    | null;
}

function readyIn(object: KubernetesObject, port: number | string | undefined): readonly Required<Place>[] {
  const { addressType, ...slice } = object as unknown as Slice;
  const ports = slice.ports ?? [];
  // Names instead of addresses lead to who knows where.
  if (addressType === 'FQDN') return [];
  const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  if (ready.length === 0) return [];
  const fitting = ports.filter((candidate) => port === undefined || candidate.port === port || candidate.name === port);
  const [only] = fitting;
  if (fitting.length !== 1 || only?.port === undefined)
    throw new FixpointError(
      'target.ambiguous',
      `EndpointSlice ${object.metadata.name} has ${fitting.length} ports that fit; name one of ${ports.map(({ name, port: number }) => name || number).join(', ')}`,
    );
  return ready.map(({ addresses: [ip = ''], targetRef }) => {
    const address = `${ip.includes(':') ? `[${ip}]` : ip}:${only.port}`;
    return { address, pod: targetRef?.name ?? address };
  });
}
