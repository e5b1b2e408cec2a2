import type { z } from 'zod';
import type { Clock } from '../ports/clock.ts';
import type { HttpReader, HttpWriter } from '../ports/http-client.ts';
import type { AlertmanagerReader, AlertmanagerWriter } from '../ports/alertmanager.ts';
import type { KubernetesReader, KubernetesWriter } from '../ports/kubernetes.ts';
import type { PostgresReader, PostgresStatement, PostgresWriter } from '../ports/postgres-target.ts';
import type { Prometheus } from '../ports/prometheus.ts';
import type { RedisReader, RedisWriter } from '../ports/redis-target.ts';
import type { Mode } from '../rule/mode.ts';
import type { Plan } from '../run/plan.ts';
import type { Json, JsonObject } from '../value/json.ts';
import type { Target } from '../value/target.ts';

/** What plan, settled and reading actions get: they can read and nothing else. */
export interface ReadContext {
  readonly kubernetes: KubernetesReader;
  readonly http: HttpReader;
  readonly redis: RedisReader;
  readonly postgres: PostgresReader;
  readonly prometheus: Prometheus;
  readonly alertmanager: AlertmanagerReader;
  readonly clock: Clock;
  /** Ends at the step's timeout, or when the run is stopped. */
  readonly signal: AbortSignal;
  /** Names the run in traces left on targets. */
  readonly run: string;
  /** The source of the run's alert. */
  readonly source: string;
  /** How many times faster than real time the world goes, where it is a simulated one: waits are divided by it. */
  readonly speed?: number;
}

/** What plan gets besides: a name made of run and step is the same whenever the step is planned. */
export interface PlanContext extends ReadContext {
  readonly step: string;
}

/** One for each technology; each asks pause, fence and lease before every mutating request. */
export interface Writers {
  readonly kubernetes: KubernetesWriter;
  readonly http: HttpWriter;
  readonly redis: RedisWriter;
  readonly postgres: PostgresWriter;
  readonly alertmanager: AlertmanagerWriter;
}

/** What apply gets. */
export interface WriteContext extends ReadContext {
  readonly write: Writers;
}

export type Settled =
  | { readonly settled: true; readonly output?: Json }
  | { readonly settled: false; readonly reason: string }
  /** It will never settle. */
  | { readonly settled: 'failed'; readonly reason: string };

/** Kubernetes rights an action needs; `fixpoint rbac` adds them up. */
export interface Permission {
  readonly cluster: string;
  readonly namespace?: string;
  readonly apiGroup: string;
  /** `deployments` or `deployments/scale`. */
  readonly resource: string;
  readonly verbs: readonly string[];
  readonly name?: string;
}

/** What a step needs of a database besides an answer; `fixpoint doctor` asks whether it is given. */
export type DatabaseNeed = { readonly isForChanging: boolean } & (
  | { readonly technology: 'redis'; readonly command: readonly string[] }
  /** A query whose rows say what is lacking: `{ lacks, mend }`. */
  | { readonly technology: 'postgres'; readonly sql: string; readonly values: NonNullable<PostgresStatement['values']> }
);

/**
 * One thing a step can do. `read`: plan does it all, nothing is applied. `converge`: applying twice equals applying once.
 * `once`: cannot converge; never repeated without a person.
 */
export interface Action<P = unknown, I extends Json = Json> {
  readonly name: string;
  readonly summary: string;
  readonly effect: 'read' | 'converge' | 'once';
  /** The effect that a step has by its parameters as they are written, where that can differ from `effect`. */
  effectOf?(written: JsonObject): 'read' | 'converge' | 'once';
  /** The most it does by itself, unless limits in fixpoint.yaml say otherwise; `auto` where absent. */
  readonly most?: Mode;
  /** The action whose `most` holds for it too, by the parameters as they are written. */
  doesAs?(written: JsonObject): string | undefined;
  /** It acts on the run alone (waits, tells people), and says nothing about what a rule is about. */
  readonly isAside?: boolean;
  /** The steps after it are applied only once it has settled. */
  readonly holdsRest?: boolean;
  /** It has to be asked while planning, and so before any step that changes something. */
  readonly isForPlanning?: boolean;
  /** Parameters that are written as they are: templates in them are refused at load. */
  readonly literal?: readonly string[];
  readonly params: z.ZodType<P>;
  /** What later steps find in `steps.<id>.output`, for people: `{ replicas, generation }`. */
  readonly output?: string;
  /** The parameters' names, for suggestions. */
  readonly parameterNames: readonly string[];
  /** What it acts on, known from parameters alone; undefined where plan must resolve it. */
  target(params: P): Target | undefined;
  permissions(params: P): readonly Permission[];
  /** What it needs of the database that its connection leads to; `open` are parameters that only reading tells. */
  needs?(params: P, open: ReadonlySet<string>): readonly DatabaseNeed[];
  /** Another action that it calls, with the parameters as they are written. */
  calls?(params: P): { readonly action: string; readonly params: JsonObject };
  plan(params: P, context: PlanContext): Promise<Plan & { readonly intent: I }>;
  /** Before changing anything: the live value is `from` (apply), `to` (done) or something else (`target.changed`). */
  apply(intent: I, context: WriteContext): Promise<Json>;
  /** Is the effect complete? Polled by the engine; absent = complete when apply returns. `output` is apply's. */
  settled?(intent: I, context: ReadContext & { readonly output: Json }): Promise<Settled>;
}

/** An action whose parameter and intent types are its own business: what the catalogue holds and the engine calls. */
export type AnyAction = Action<never, never>;

export function defineAction<P, I extends Json>(
  action: Omit<Action<P, I>, 'parameterNames'> & { params: z.ZodObject & z.ZodType<P> },
): Action<P, I> {
  return { ...action, parameterNames: Object.keys(action.params.shape) };
}
