import type { AnyAction, Writers } from '../actions/action.ts';
import type { AnyCheck } from '../checks/check.ts';
import type { Guard, Protection } from '../guards/guard.ts';
import type { Clock } from '../ports/clock.ts';
import type { Evidence } from '../ports/evidence.ts';
import type { AlertmanagerReader } from '../ports/alertmanager.ts';
import type { HttpReader } from '../ports/http-client.ts';
import type { Ids } from '../ports/ids.ts';
import type { KubernetesReader } from '../ports/kubernetes.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { PostgresReader } from '../ports/postgres-target.ts';
import type { Prometheus } from '../ports/prometheus.ts';
import type { Queue } from '../ports/queue.ts';
import type { RedisReader } from '../ports/redis-target.ts';
import type { Store } from '../ports/store.ts';
import type { Tracing } from '../ports/tracing.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { Limits } from '../rule/guard-settings.ts';
import type { Rulebook } from '../rule/rulebook.ts';
import type { Run } from '../run/run.ts';
import type { Duration } from '../value/duration.ts';
import type { TimeInterval } from '../value/time-interval.ts';

/** A wish that some worker looks at this run now. */
export interface Dispatch {
  readonly run: string;
  /** Whoever comes when the record has been written since has nothing to do: that write has asked for its own look. Absent: looks anyway. */
  readonly sequence?: number;
}

/** Rejects when the next mutating request must not start: stale, paused, cancelled, or less lease left than `neededMs`. */
export type AskPermit = (neededMs?: number) => Promise<void>;

/** Lengths that the deployment fixes, not a rule. All in ms. */
export interface Timing {
  /** How long a worker holds a run without renewing. */
  readonly lease: Duration;
  /** A guard that has not answered by then denies. */
  readonly guardTimeout: Duration;
  /** A check that has not answered by then is inconclusive. */
  readonly checkTimeout: Duration;
  /** Between the last guard's answer and the first effect; later it is admitted again. */
  readonly admissionAge: Duration;
  /** When a run is ended whatever it waits for. */
  readonly runLife: Duration;
  readonly approvalLife: Duration;
  /** Cooldown of a target across rules. */
  readonly targetCooldown: Duration;
}

/** Everything the pipeline works with; made once by the composition root. */
export interface Engine {
  readonly worker: string;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly dispatches: Queue<Dispatch>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Absent where no traces are wanted. */
  readonly tracing?: Tracing;
  readonly actions: ReadonlyMap<string, AnyAction>;
  readonly checks: ReadonlyMap<string, AnyCheck>;
  readonly guards: readonly Guard[];
  readonly kubernetes: KubernetesReader;
  readonly http: HttpReader;
  readonly redis: RedisReader;
  readonly postgres: PostgresReader;
  readonly alertmanager: AlertmanagerReader;
  readonly prometheus: Prometheus;
  readonly evidence: Evidence;
  readonly limits: Limits;
  readonly timing: Timing;
  /** Divides settle, verify, undo and flap durations; 1 outside the sandbox. */
  readonly speed: number;
  /** A run that only history still has; absent where there is none. */
  past?(id: string): Promise<Run | undefined>;
  /** Aborted when the process is to stop: what is in hand is brought to a good place and handed back. */
  readonly stopping?: AbortSignal;
  writers(permit: AskPermit): Writers;
  rulebook(): Rulebook;
  /** Resolves when the store has the definition of every loaded rule; a run must not exist before its rule does. */
  keepRules(): Promise<void>;
  /** The rule a run keeps, by content hash, also when the rulebook has moved on; undefined when nobody has it. */
  definition(hash: string): Promise<CompiledRule | undefined>;
  protection(source: string): Protection;
  /** `timeIntervals` of the configuration, by name. */
  readonly intervals: ReadonlyMap<string, readonly TimeInterval[]>;
  /** Why nothing may be done, if the pause file or variable is there. */
  localPause(): string | undefined;
}
