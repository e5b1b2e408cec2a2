import type { Labels } from '../alert/alert.ts';
import type { Notification } from '../pipeline/notification.ts';
import type { Clock } from '../ports/clock.ts';
import type { History } from '../ports/history.ts';
import type { Ids } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Queue } from '../ports/queue.ts';
import type { Store } from '../ports/store.ts';
import type { Tracing } from '../ports/tracing.ts';
import type { Rulebook } from '../rule/rulebook.ts';
import type { Access } from './access.ts';
import type { Credential } from './credential.ts';
import type { LocalPause } from './local-pause.ts';
import type { Operations } from './operations.ts';

/** An Alertmanager that posts to us. Without credentials it needs none where the API is open. */
export interface ApiSource {
  readonly name: string;
  /** Several live ones allow for rotation. */
  readonly credentials: readonly Credential[];
}

export interface ApiLimits {
  /** Largest body of one request. */
  readonly bodyBytes: number;
  /** Bytes of bodies being read or stored at once, of all requests together. */
  readonly inFlightBytes: number;
}

export const defaultApiLimits: ApiLimits = { bodyBytes: 16 * 2 ** 20, inFlightBytes: 128 * 2 ** 20 };

/** Texts of the page, as they are served. */
export interface PageAssets {
  readonly html: string;
  readonly script: string;
  readonly elements: string;
  readonly style: string;
}

/** How the API speaks TLS; certificate and key can be exchanged while it runs, by `setSecureContext` of its server. */
export interface ListenerTls {
  readonly cert: string;
  readonly key: string;
  /** Who signs client certificates; absent: none is asked for. */
  readonly ca?: string;
  /** Whether there is no connection without one. */
  readonly needsCertificate: boolean;
}

/** Everything the HTTP API works with; made once by the composition root. */
export interface ApiDependencies {
  /** Whether the server listens on a loopback address only. */
  readonly isLoopback: boolean;
  /** Host names, besides those of loopback, by which an open API on loopback may be called. */
  readonly allowedHosts?: readonly string[];
  readonly access: Access;
  /** Absent: plain HTTP. */
  readonly tls?: ListenerTls;
  readonly sources: readonly ApiSource[];
  readonly store: Store;
  /** Absent: runs are shown as long as the store has them. */
  readonly history?: History;
  readonly intake: Pick<Queue<Notification>, 'add'>;
  readonly operations: Operations;
  rulebook(): Rulebook;
  readonly actions: readonly { readonly name: string; readonly summary: string; readonly effect: string }[];
  readonly guards: readonly { readonly name: string; readonly summary: string; readonly tier: string }[];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly metrics: Metrics;
  /** Absent where no traces are wanted. */
  readonly tracing?: Tracing;
  metricsText(): Promise<string>;
  readonly log: Log;
  /** `warnings` keep it from nothing. */
  ready(): Promise<{ readonly ready: boolean; readonly reasons: readonly string[]; readonly warnings?: readonly string[] }>;
  /** What stops this process alone, by its file or environment. */
  localPause?(): LocalPause | undefined;
  /** Called after a notification has been stored. */
  accepted?(notification: Notification): void;
  /** Which source a message on the plain path is of, by the labels of its first alert. */
  sourceOf?(labels: Labels): string | undefined;
  readonly limits?: ApiLimits;
  /** Absent: there is no page. */
  readonly page?: PageAssets;
}
