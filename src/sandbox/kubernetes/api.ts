import type { SandboxHandler, SandboxRequest } from '../listen.ts';
import type { Cluster } from './cluster.ts';
import type { FaultSwitch } from './fault-switch.ts';
import type { RequestLog } from './request-log.ts';

export type { SandboxRequest, SandboxResponse } from '../listen.ts';

/** What a request is about, as authorization sees it; `resource` may have a subresource (`pods/log`). */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** Decides before anything is looked up; a text refuses with 403. */
export type Authorize = (request: SandboxRequest, attributes: Attributes) => string | undefined;

export interface KubernetesApi {
  readonly handle: SandboxHandler;
  readonly faults: FaultSwitch;
  readonly requests: RequestLog;
}

/** The Kubernetes API of a simulated cluster; without `authorize` everybody may do everything. */
export declare function createKubernetesApi(cluster: Cluster, options?: { readonly authorize?: Authorize }): KubernetesApi;
