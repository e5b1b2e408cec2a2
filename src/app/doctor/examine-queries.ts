import type { AnyAction } from '../../actions/action.ts';
import type { Config } from '../../config/config.ts';
import type { Prometheus } from '../../ports/prometheus.ts';
import type { CompiledRule, CompiledRung, Scope } from '../../rule/compiled-rule.ts';
import { probeAlerts, unknowns } from '../rights/probe-alerts.ts';
import { ask } from './ask.ts';
import type { Finding } from './finding.ts';
import { known } from './known.ts';
import { probedCalls, usesIn } from './probed-calls.ts';

interface Query {
  readonly text: string;
  readonly from?: string;
  /** An alert decides a part of it: whether it has data cannot be told. */
  readonly isOpen: boolean;
  /** A step that reads it may well go on without series. */
  readonly isStep?: true;
}

interface Asking {
  readonly rules: readonly CompiledRule[];
  readonly actions: ReadonlyMap<string, AnyAction>;
  readonly config: Pick<Config, 'sources'>;
  readonly prometheus: Prometheus;
  readonly signal: AbortSignal;
}

/** Whether each query of a rule can be read by Prometheus and has data. Without data a check never passes and a value has no number. */
export async function examineQueries(asking: Asking): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const rule of asking.rules) {
    for (const query of [...queriesOf(rule), ...queriesOfSteps(rule, asking.actions)])
      findings.push(await examineQuery({ rule: rule.name, query }, asking));
  }
  return findings;
}

async function examineQuery(
  { rule, query }: { readonly rule: string; readonly query: Query },
  { config, prometheus, signal }: Asking,
): Promise<Finding> {
  const { text, from, isOpen, isStep } = query;
  const finding = { area: 'queries', about: rule } as const;
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  const named = config.sources.map(({ name }) => name);
  const sources = from !== undefined ? ['-'] : named.length > 0 ? named : ['default'];
  const failures: string[] = [];
  for (const source of sources) {
    const answered = await ask(
      (asked) => prometheus.query(text, { source, signal: asked, ...(from === undefined ? {} : { from }) }),
      signal,
    );
    if ('code' in answered && answered.code === 'prometheus.query-failed')
      return { ...finding, verdict: 'problem', message: answered.message, fix: 'mend the query in the rule' };
    if ('code' in answered) failures.push(answered.message);
    else if (answered.answer.length > 0) return { ...finding, verdict: 'ok', message: `${shown} has data` };
  }
  if (failures.length === sources.length)
    return {
      ...finding,
      verdict: 'problem',
      message: `${shown}: ${failures[0] ?? ''}`,
      fix: 'see whether Prometheus runs, and whether its address in fixpoint.yaml is right',
    };
  if (isOpen) return { ...finding, verdict: 'ok', message: `${shown} can be read; an alert decides which series` };
  return {
    ...finding,
    verdict: isStep ? 'warning' : 'problem',
    message: `${shown} has no data: ${isStep ? 'the step that asks it gets no value' : 'a check of it never passes'}`,
    fix: 'mend its names and labels, or scrape what it asks for',
  };
}

/** Queries of reading steps, and of what waits for their answers. */
function queriesOfSteps(rule: CompiledRule, actions: ReadonlyMap<string, AnyAction>): readonly Query[] {
  const found = new Map<string, Query>();
  for (const probed of probedCalls([rule], actions)) {
    const [from] = usesIn(probed, 'prometheus');
    if (from !== undefined && from.decidedBy !== 'rule') continue;
    for (const { text, decidedBy } of usesIn(probed, 'promql')) {
      if (decidedBy === 'reading') continue;
      const place = from === undefined ? {} : { from: from.text };
      found.set(JSON.stringify([text, from?.text]), { text, ...place, isOpen: decidedBy === 'alert', isStep: true });
    }
  }
  return [...found.values()];
}

function queriesOf(rule: CompiledRule): readonly Query[] {
  const found = new Map<string, Query>();
  const [ones = [], others = []] = unknowns.map((unknown) => probeAlerts(rule, unknown));
  for (const [index, alert] of ones.entries()) {
    const other = others[index] ?? alert;
    for (const rung of rule.ladder) {
      const [texts, alternatives] = [alert, other].map((each) => renderedIn(rule, { rung, scope: { alert: each, alerts: [each] } }));
      for (const [place, query] of (texts ?? []).entries()) {
        if (query === undefined) continue;
        const isOpen = alternatives?.[place]?.text !== query.text;
        found.set(JSON.stringify([query.text, query.from]), { ...query, isOpen });
      }
    }
  }
  return [...found.values()];
}

function renderedIn(
  rule: CompiledRule,
  { rung, scope }: { rung: CompiledRung; scope: Scope },
): readonly (Omit<Query, 'isOpen'> | undefined)[] {
  const values = Object.fromEntries([...rule.values, ...rung.values].map(({ name }) => [name, 1]));
  const params = known(() => rung.params.render({ ...scope, values }));
  const whole: Scope = { ...scope, values, ...(params === undefined ? {} : { params }) };
  const named = [...rule.values, ...rung.values].map((value) =>
    known(() => ({ text: value.render(whole), ...(value.from === undefined ? {} : { from: value.from }) })),
  );
  const checks = rung.verify.checks
    .filter(({ check }) => check === 'promql')
    .map((check) =>
      known(() => {
        const { query, from } = check.render(whole) as { query: string; from?: string };
        return { text: query, ...(from === undefined ? {} : { from }) };
      }),
    );
  return [...named, ...checks];
}
