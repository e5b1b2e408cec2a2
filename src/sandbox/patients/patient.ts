import type { PodOutcome } from '../kubernetes/cluster.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import type { ExecOutcome } from '../kubernetes/serve/exec.ts';
import type { SandboxHandler, SandboxRequest, SandboxResponse } from '../listen.ts';
import type { FaultBook } from './fault-book.ts';
import type { Series } from './series.ts';

/** One alert of a patient: whether it would fire now, and how to bring that about. */
export interface KnownAlert {
  /** The fault it tells of. */
  readonly fault: string;
  /** Whether the patient is ill in the way the alert tells of, even if that has yet to show. */
  isUnwell(): boolean;
  fallIll(): void;
}

/** A simulated platform with vital signs, which falls ill and recovers by what is done to its cluster and its services. */
export interface Patient {
  readonly platform: string;
  /** The first is where its series and alerts are unless they say otherwise. */
  readonly namespaces: readonly [string, ...string[]];
  /** Its HTTP services by name. */
  readonly services: Readonly<Record<string, SandboxHandler>>;
  /** Answers a request to the address of one of its pods, where it has services whose state is each pod's own. */
  answerPod?(pod: KubernetesObject, request: SandboxRequest, signal: AbortSignal): Promise<SandboxResponse>;
  /** The faults it has, and can have. */
  readonly faults: FaultBook;
  /** The names of the alerts it knows. */
  readonly alertNames: readonly string[];
  /** Which of them tell of a fault, where none that is posted by hand brings just this fault; none where it harms nobody by itself. */
  readonly faultAlerts?: Readonly<Record<string, readonly string[]>>;
  /** Faults that no remediation is there for: a person is called, with what is known. */
  readonly faultsForPeople?: readonly string[];
  /** Faults in a real database whose own clock no speed reaches. */
  readonly faultsAtRealSpeed?: readonly string[];
  /** Brings it up to the present of the sandbox's clock. */
  step(): void;
  /** Its series now, raw and recorded, without what a scrape adds; a label `namespace` of their own counts. */
  series(): readonly Series[];
  /** Takes all faults away at once. */
  heal(): void;
  /** Whether nothing changes in it by time alone. */
  isSettled(): boolean;
  /** Undefined where it does not know an alert of this name with such labels. */
  alert(name: string, labels: Readonly<Record<string, string>>): KnownAlert | undefined;
  /** What becomes of a command in one of its pods; undefined where nothing is known of it. */
  exec?(pod: KubernetesObject, argv: readonly string[]): ExecOutcome | undefined;
  /** What becomes of a pod in its namespaces; undefined: what becomes of any. */
  podOutcome?(pod: KubernetesObject): PodOutcome | undefined;
  /** The log of a container of such a pod; undefined: some lines. */
  podLog?(pod: KubernetesObject, container: string): string | undefined;
  /** Ends its connections, where it has any. */
  close?(): Promise<void>;
}
