import type { AnyAction } from '../../actions/action.ts';
import type { Config } from '../../config/config.ts';
import type { HttpReader } from '../../ports/http-client.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import { probeAlerts, unknowns } from '../rights/probe-alerts.ts';
import { ask } from './ask.ts';
import type { Finding } from './finding.ts';
import { known } from './known.ts';
import { probedCalls, usesIn } from './probed-calls.ts';

/** How long an origin has to answer, ms. */
const timeoutMs = 8000;

/** Whether each HTTP service that is configured or that a rule names answers, and takes our credential. */
export async function examineHttp({
  rules,
  actions,
  config,
  http,
  signal,
}: {
  readonly rules: readonly CompiledRule[];
  readonly actions: ReadonlyMap<string, AnyAction>;
  readonly config: Pick<Config, 'http'>;
  readonly http: HttpReader;
  readonly signal: AbortSignal;
}): Promise<readonly Finding[]> {
  const named = namedBy(rules, actions);
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
function namedBy(rules: readonly CompiledRule[], actions: ReadonlyMap<string, AnyAction>): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const note = (connection: string, rule: CompiledRule) => found.set(connection, (found.get(connection) ?? new Set()).add(rule.name));
  for (const probed of probedCalls(rules, actions))
    for (const { text, decidedBy } of usesIn(probed, 'http')) if (decidedBy === 'rule') note(text, probed.rule);
  for (const rule of rules) {
    for (const alert of probeAlerts(rule, unknowns[0])) {
      for (const check of rule.ladder.flatMap(({ verify }) => verify.checks).filter(({ check: name }) => name === 'http')) {
        const connection = known(() => check.render({ alert, alerts: [alert] })['connection']);
        if (typeof connection === 'string' && !unknowns.some((unknown) => connection.includes(unknown))) note(connection, rule);
      }
    }
  }
  return found;
}
