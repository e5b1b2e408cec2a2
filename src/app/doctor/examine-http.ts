import type { Config } from '../../config/config.ts';
import type { HttpReader } from '../../ports/http-client.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import { probeAlerts, unknowns } from '../rights/probe-alerts.ts';
import { ask } from './ask.ts';
import type { Finding } from './finding.ts';

/** How long an origin has to answer, ms. */
const timeoutMs = 8000;

/** Whether each HTTP service that is configured or that a rule names answers, and takes our credential. */
export async function examineHttp({
  rules,
  config,
  http,
  signal,
}: {
  readonly rules: readonly CompiledRule[];
  readonly config: Pick<Config, 'http'>;
  readonly http: HttpReader;
  readonly signal: AbortSignal;
}): Promise<readonly Finding[]> {
  const named = namedBy(rules);
  const connections = [...new Set([...config.http.keys(), ...named.keys()])];
  return await Promise.all(
    connections.map(async (connection): Promise<Finding> => {
      const about = `http.${connection}`;
      const finding = { area: 'http', about } as const;
      const users = [...(named.get(connection) ?? [])].join(', ');
      if (http.targetOf(connection) === undefined)
        return {
          ...finding,
          verdict: 'problem',
          message: `is not configured, and ${users} would use it`,
          fix: `add http.${connection} with its origin to fixpoint.yaml`,
        };
      const answered = await ask((asked) => http.read({ connection, method: 'GET', path: '/', timeoutMs }, asked), signal);
      if ('code' in answered)
        return {
          ...finding,
          verdict: 'problem',
          message: answered.message,
          fix: `see whether the service runs, and whether http.${connection}.origin is right`,
        };
      const { status } = answered.answer;
      if (status === 401 || status === 403)
        return {
          ...finding,
          verdict: 'problem',
          message: `answers HTTP ${status}: the credential is not accepted`,
          fix: `mend http.${connection}.headers`,
        };
      if (status >= 500)
        return { ...finding, verdict: 'warning', message: `answers HTTP ${status}`, fix: 'see whether the service is well' };
      return { ...finding, verdict: 'ok', message: 'answers' };
    }),
  );
}

/** Connections that steps and checks name, and the rules that do. */
function namedBy(rules: readonly CompiledRule[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const note = (params: unknown, rule: string): void => {
    const connection = (params as { connection?: unknown } | null)?.connection;
    if (typeof connection !== 'string' || unknowns.some((unknown) => connection.includes(unknown))) return;
    found.set(connection, (found.get(connection) ?? new Set()).add(rule));
  };
  for (const rule of rules) {
    for (const alert of probeAlerts(rule, unknowns[0])) {
      for (const rung of rule.ladder) {
        try {
          for (const step of rung.probe(alert)) if (step.action.startsWith('http.')) note(step.params, rule.name);
          for (const check of rung.verify.checks) if (check.check === 'http') note(check.render({ alert, alerts: [alert] }), rule.name);
        } catch {
          // What cannot be told without an alert is told of the rights.
        }
      }
    }
  }
  return found;
}
