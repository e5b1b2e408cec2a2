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
  readonly config: Pick<Config, 'sources' | 'prometheus'>;
  readonly prometheus: Prometheus;
  readonly signal: AbortSignal;
}

/** Why a Prometheus cannot be asked: one finding, however many queries it concerns. */
interface Cause {
  readonly about: string;
  readonly message: string;
  readonly fix: string;
  /** Others can be asked instead. */
  readonly isOnlyHere?: true;
}

interface Concerned {
  readonly cause: Cause;
  readonly rules: Set<string>;
  queries: number;
}

/** Whether each query of a rule can be read by Prometheus and has data. Without data a check never passes and a value has no number. */
export async function examineQueries(asking: Asking): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const concerned = new Map<string, Concerned>();
  for (const rule of asking.rules) {
    for (const query of [...queriesOf(rule), ...queriesOfSteps(rule, asking.actions)]) {
      const { finding, causes } = await examineQuery({ rule: rule.name, query }, asking);
      if (finding !== undefined) findings.push(finding);
      for (const cause of causes) {
        const one = concerned.get(cause.about) ?? { cause, rules: new Set(), queries: 0 };
        concerned.set(cause.about, one);
        one.rules.add(rule.name);
        one.queries += 1;
      }
    }
  }
  return [...[...concerned.values()].map(findingOf), ...findings];
}

function findingOf({ cause: { about, message, fix, isOnlyHere }, rules, queries }: Concerned): Finding {
  const who = `${queries} ${queries === 1 ? 'query' : 'queries'} of ${rules.size} ${rules.size === 1 ? 'rule' : 'rules'}`;
  const verdict = isOnlyHere ? 'warning' : 'problem';
  return { area: 'queries', about, verdict, message: `${message}: ${who} cannot be asked${isOnlyHere ? ' for its alerts' : ''}`, fix };
}

async function examineQuery(
  { rule, query }: { readonly rule: string; readonly query: Query },
  { config, prometheus, signal }: Asking,
): Promise<{ readonly finding?: Finding; readonly causes: readonly Cause[] }> {
  const { text, from, isOpen, isStep } = query;
  const finding = { area: 'queries', about: rule } as const;
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  const { askable, missing } = placesOf(from, config);
  if (askable.length === 0) return { causes: missing };
  const causes = missing.map((cause): Cause => ({ ...cause, isOnlyHere: true }));
  const failures: Cause[] = [];
  for (const { source, about } of askable) {
    const answered = await ask(
      (asked) => prometheus.query(text, { source, signal: asked, ...(from === undefined ? {} : { from }) }),
      signal,
    );
    if ('code' in answered && answered.code === 'prometheus.query-failed')
      return { causes, finding: { ...finding, verdict: 'problem', message: answered.message, fix: 'mend the query in the rule' } };
    if ('code' in answered)
      failures.push({
        about,
        message: answered.message,
        fix: `see whether Prometheus runs, and whether ${about} in fixpoint.yaml is right`,
      });
    else if (answered.answer.length > 0) return { causes, finding: { ...finding, verdict: 'ok', message: `${shown} has data` } };
  }
  if (failures.length === askable.length) return { causes: [...causes, ...failures] };
  if (isOpen) return { causes, finding: { ...finding, verdict: 'ok', message: `${shown} can be read; an alert decides which series` } };
  return {
    causes,
    finding: {
      ...finding,
      verdict: isStep ? 'warning' : 'problem',
      message: `${shown} has no data: ${isStep ? 'the step that asks it gets no value' : 'a check of it never passes'}`,
      fix: 'mend its names and labels, or scrape what it asks for',
    },
  };
}

/** Where a query may be asked, and where there is no Prometheus to ask. */
function placesOf(
  from: string | undefined,
  { sources, prometheus }: Asking['config'],
): { readonly askable: readonly { readonly source: string; readonly about: string }[]; readonly missing: readonly Cause[] } {
  if (from !== undefined) {
    const about = `prometheus.${from}`;
    if (prometheus.has(from)) return { askable: [{ source: '-', about }], missing: [] };
    return { askable: [], missing: [{ about, message: 'is not configured', fix: `add ${about} with its url to fixpoint.yaml` }] };
  }
  const places = sources.map(({ name, prometheus: own }) => ({
    source: name,
    about: `sources.${name}`,
    path: own === undefined && prometheus.has('default') ? 'prometheus.default' : `sources.${name}.prometheus`,
    isThere: own !== undefined || prometheus.has('default'),
  }));
  const all =
    places.length > 0
      ? places
      : [{ source: 'default', about: 'prometheus', path: 'prometheus.default', isThere: prometheus.has('default') }];
  return {
    askable: all.filter(({ isThere }) => isThere).map(({ source, path }) => ({ source, about: path })),
    missing: all
      .filter(({ isThere }) => !isThere)
      .map(({ about, source, path }) => ({
        about,
        message: about === 'prometheus' ? 'no Prometheus is configured' : `source ${source} has no prometheus`,
        fix: `name its address under ${path}${about === 'prometheus' ? '.url' : ', or one for all sources under prometheus.default.url,'} in fixpoint.yaml`,
      })),
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
