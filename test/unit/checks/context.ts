import { checks } from '../../../src/checks/catalogue.ts';
import type { Check, CheckAnswer, CheckContext } from '../../../src/checks/check.ts';

export const effectAt = 1_700_000_000_000;

export function checkNamed(name: string): Check {
  const check = checks.get(name);
  if (check === undefined) throw new Error(`there is no check ${name}`);
  return check;
}

/** A context in which nothing but `given` may be asked. */
function contextOf(given: Partial<CheckContext>): CheckContext {
  const asked = new Proxy({}, { get: (_target, name) => () => Promise.reject(new Error(`${String(name)} was asked`)) }) as never;
  const alert = { source: 'main', fingerprint: 'f1', status: 'firing', labels: { alertname: 'X' }, annotations: {}, startsAt: 0 } as const;
  const rung = { steps: [], verdicts: [] } as unknown as CheckContext['rung'];
  const context = {
    kubernetes: asked,
    http: asked,
    prometheus: asked,
    evidence: asked,
    alert,
    source: 'main',
    rung,
    effectAt,
    now: effectAt + 600_000,
    speed: 1,
  };
  return { ...context, signal: AbortSignal.timeout(10_000), ...given };
}

/** Evaluates as the engine does, with parsed parameters. */
export async function evaluate(name: string, params: unknown, given: Partial<CheckContext>): Promise<CheckAnswer> {
  const check = checkNamed(name);
  return await check.evaluate(check.params.parse(params), contextOf(given));
}

/** What is wrong with the parameters: `path: message` each. */
export function problemsOf(name: string, params: unknown): string[] {
  const { success, error } = checkNamed(name).params.safeParse(params);
  return success ? [] : error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}
