import type { JsonObject } from '../value/json.ts';
import type { ActionShape } from './action-shape.ts';

/** The parameters that decide an action's target: those it looks at when it is asked for the target. */
export function targetKeys(shape: ActionShape, sample: JsonObject): ReadonlySet<string> {
  const seen = new Set<string>();
  const parsed = shape.parse(sample);
  const params = 'params' in parsed ? parsed.params : sample;
  if (typeof params !== 'object' || params === null) return seen;
  const watched = new Proxy(params, {
    get(object, key, receiver): unknown {
      if (typeof key === 'string') seen.add(key);
      return Reflect.get(object, key, receiver);
    },
    ownKeys(object) {
      for (const key of Reflect.ownKeys(object)) if (typeof key === 'string') seen.add(key);
      return Reflect.ownKeys(object);
    },
  });
  try {
    shape.target(watched);
  } catch {
    // Samples need not make a target; what was looked at until then is still known.
  }
  return seen;
}
