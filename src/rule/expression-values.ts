import type { Alert, Labels } from '../alert/alert.ts';
import type { Json, JsonObject } from '../value/json.ts';
import { secretMarker, withoutSecretMarkers } from '../value/secret-marker.ts';
import type { Scope } from './compiled-rule.ts';

/** An alert as expressions see it. */
export class AlertView {
  readonly source: string;
  readonly fingerprint: string;
  readonly status: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: Date;

  constructor(alert: Alert) {
    this.source = clean(alert.source);
    this.fingerprint = clean(alert.fingerprint);
    this.status = alert.status;
    this.labels = clean(alert.labels);
    this.annotations = clean(alert.annotations);
    this.startsAt = new Date(alert.startsAt);
  }
}

/** An earlier step as expressions see it. */
export class StepView {
  readonly output: Json;

  constructor(output: Json) {
    this.output = clean(output);
  }
}

/** Nothing that comes from outside may hold a marker: it would name a secret. */
function clean<T extends Json>(value: T): T {
  return withoutSecretMarkers(value) as T;
}

/** Values of the variables, as the CEL library wants them. */
export type ExpressionContext = Readonly<Record<string, unknown>>;

/** `convertParams` gives parameters their declared CEL types. */
export function contextOf(scope: Scope, convertParams: (params: JsonObject) => unknown = (params) => params): ExpressionContext {
  const alert = new AlertView(scope.alert);
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    alert,
    alerts: scope.alerts.map((member) => new AlertView(member)),
    params: convertParams(scope.params ?? {}),
    steps: Object.fromEntries(Object.entries(scope.steps ?? {}).map(([id, step]) => [id, new StepView(step.output)])),
    values: scope.values ?? {},
  };
}

export function secretsContext(names: Iterable<string>): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from(names, (name) => [name, secretMarker(name)]));
}

/** What an expression gave, as JSON; throws a RangeError saying which kind of value has no JSON form. */
export function fromExpression(value: unknown): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new RangeError(`the result is ${value}, not a finite number`);
      return value;
    case 'bigint':
      if (!Number.isSafeInteger(Number(value))) throw new RangeError(`${value} is too large`);
      return Number(value);
    default:
      return fromObject(value);
  }
}

function fromObject(value: unknown): Json {
  if (value === null) return null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(fromExpression);
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, member]) => [String(key), fromExpression(member)]));
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (typeof value !== 'object' || value === null || (prototype !== Object.prototype && prototype !== null)) {
    throw new RangeError('the result has no JSON form; convert it with string(…)');
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fromExpression(member)]));
}
