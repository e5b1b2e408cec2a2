import { EvaluationError, ParseError, type Environment } from '@marcbachmann/cel-js';
import { messageOf } from '../errors.ts';
import { createBaseEnvironment } from '../rule/expression-environment.ts';
import { fromExpression } from '../rule/expression-values.ts';
import type { Json } from '../value/json.ts';

/** What an expression about the simulated world can ask. */
export interface WorldView {
  /** Ms since the start. */
  elapsed(): number;
  state(): Readonly<Record<string, Json>>;
  /** The object of Kubernetes as it is; undefined where there is none. */
  object(kind: string, namespace: string, name: string): object | undefined;
  /** Whether an alert of the test, by its own name, fires at its source. */
  fires(alert: string): boolean;
  /** How many requests that change something have been made whose line holds this text. */
  requests(text: string): number;
  /** The setting of a Redis as CONFIG GET answers it. */
  redisSetting(connection: string, setting: string): string | undefined;
  /** Sessions of a PostgreSQL. */
  sessions(connection: string): number;
}

/** What may be asked, for the documentation. */
export const worldFunctions: readonly (readonly [call: string, meaning: string])[] = [
  ['minutes', 'minutes since the start of the test, a double'],
  ['state.<name>', 'a variable of the test'],
  ['ready(namespace, name)', 'ready replicas of the Deployment, StatefulSet or DaemonSet, a double'],
  ['object(kind, namespace, name)', 'an object of Kubernetes; an error where there is none'],
  ['exists(kind, namespace, name)', 'whether there is such an object'],
  ['fires(alert)', 'whether this alert of the test fires at its source'],
  ['requests(text)', 'how many requests that change something were made whose line holds the text, a double'],
  ['redisSetting(connection, name)', 'a setting of a Redis, a string'],
  ['sessions(connection)', 'how many sessions a PostgreSQL has, a double'],
];

/** A CEL expression over the simulated world. */
export interface WorldExpression {
  readonly text: string;
  /** Throws an Error that says why. */
  evaluate(): Json;
}

const workloads = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** Reads expressions about one world. */
export class WorldExpressions {
  readonly #environment: Environment;
  readonly #view: WorldView;

  constructor(view: WorldView) {
    this.#view = view;
    this.#environment = createBaseEnvironment()
      .registerVariable('minutes', 'double')
      .registerVariable('state', 'map<string, dyn>')
      .registerFunction('ready(string, string): double', (namespace: string, name: string) => readyOf(view, namespace, name))
      .registerFunction('object(string, string, string): dyn', (kind: string, namespace: string, name: string) =>
        found(view, { kind, namespace, name }),
      )
      .registerFunction(
        'exists(string, string, string): bool',
        (kind: string, namespace: string, name: string) => view.object(kind, namespace, name) !== undefined,
      )
      .registerFunction('fires(string): bool', (alert: string) => view.fires(alert))
      .registerFunction('requests(string): double', (text: string) => view.requests(text))
      .registerFunction(
        'redisSetting(string, string): string',
        (connection: string, name: string) => view.redisSetting(connection, name) ?? '',
      )
      .registerFunction('sessions(string): double', (connection: string) => view.sessions(connection));
  }

  /** Throws an Error with what is wrong. */
  compile(text: string): WorldExpression {
    const run = this.#environment.parse(text);
    const { valid, error } = run.check();
    if (!valid) throw new Error(error?.summary ?? 'the expression is not valid');
    return {
      text,
      evaluate: () => {
        try {
          return fromExpression(run({ minutes: this.#view.elapsed() / 60_000, state: this.#view.state() }));
        } catch (failure) {
          throw new Error(`${text}: ${failure instanceof EvaluationError ? failure.summary : messageOf(failure)}`, { cause: failure });
        }
      },
    };
  }
}

/** Says what is wrong with an expression, without any world; undefined where nothing is. */
export function problemOfExpression(text: string): string | undefined {
  try {
    nowhere.compile(text);
    return undefined;
  } catch (error) {
    return error instanceof ParseError ? error.summary : messageOf(error);
  }
}

const nowhere = new WorldExpressions({
  elapsed: () => 0,
  state: () => ({}),
  object: () => undefined,
  fires: () => false,
  requests: () => 0,
  redisSetting: () => undefined,
  sessions: () => 0,
});

function readyOf(view: WorldView, namespace: string, name: string): number {
  const workload = workloads.map((kind) => view.object(kind, namespace, name)).find((object) => object !== undefined);
  if (workload === undefined) throw new Error(`there is no Deployment, StatefulSet or DaemonSet ${namespace}/${name}`);
  const { status = {} } = workload as { readonly status?: Readonly<Record<string, unknown>> };
  return Number(status['readyReplicas'] ?? status['numberReady'] ?? 0);
}

function found(view: WorldView, { kind, namespace, name }: { kind: string; namespace: string; name: string }): object {
  const object = view.object(kind, namespace, name);
  if (object === undefined) throw new Error(`there is no ${kind} ${namespace}/${name}`);
  return object;
}
