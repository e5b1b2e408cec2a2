import type { AnyAction } from '../../actions/action.ts';
import { parameterUses, type ParameterUse } from '../../actions/parameter-use.ts';
import type { CompiledRule, CompiledRung, ProbedStep } from '../../rule/compiled-rule.ts';
import { probeAlerts, unknowns } from '../rights/probe-alerts.ts';
import { known } from './known.ts';

/** An action with its parameters as a step would call it, before there is an alert. */
interface Call {
  readonly action: AnyAction;
  readonly params: Readonly<Record<string, unknown>>;
  /** Parameters that only reading tells. */
  readonly open: ReadonlySet<string>;
  /** Of the step that makes it. */
  readonly step: string;
}

/** One call of a rule, as it is for either of two alerts that differ in all that a rule leaves open. */
export interface ProbedCall {
  readonly rule: CompiledRule;
  readonly rung: CompiledRung;
  /** The step may fail without the rung failing. */
  readonly isOptional: boolean;
  readonly call: Call;
  readonly other: Call;
}

interface Use {
  readonly text: string;
  readonly decidedBy: 'rule' | 'alert' | 'reading';
}

/** Every call that the steps of rules make, those inside other actions included. What cannot be told without an alert is left out. */
export function probedCalls(rules: readonly CompiledRule[], actions: ReadonlyMap<string, AnyAction>): readonly ProbedCall[] {
  return rules.flatMap((rule) => {
    const [ones = [], others = []] = unknowns.map((unknown) => probeAlerts(rule, unknown));
    return ones.flatMap((one, index) =>
      rule.ladder.flatMap((rung) => {
        const optional = new Set(rung.steps.filter((step) => step.optional).map(({ id }) => id));
        const calls = known(() => rung.probe(one).flatMap((step) => callsIn(step, actions)));
        const alternatives = known(() => rung.probe(others[index] ?? one).flatMap((step) => callsIn(step, actions)));
        return (calls ?? []).flatMap((call, place): readonly ProbedCall[] => {
          const other = alternatives?.[place];
          return other === undefined ? [] : [{ rule, rung, isOptional: optional.has(call.step), call, other }];
        });
      }),
    );
  });
}

/** The parameters of a call that lead to something of this use: their texts, and whether an alert or what is read decides them. */
export function usesIn({ call, other }: ProbedCall, use: ParameterUse): readonly Use[] {
  return [...parameterUses(call.action.params)].flatMap(([name, found]): readonly Use[] => {
    const text = call.params[name];
    if (found !== use || typeof text !== 'string') return [];
    if (call.open.has(name)) return [{ text, decidedBy: 'reading' }];
    return [{ text, decidedBy: other.params[name] === text ? 'rule' : 'alert' }];
  });
}

function callsIn({ id: step, action: name, params, open }: ProbedStep, actions: ReadonlyMap<string, AnyAction>): readonly Call[] {
  const action = actions.get(name);
  const given = objectOf(params);
  if (action === undefined || given === undefined) return [];
  const call: Call = { action, params: given, open: new Set(open), step };
  const inner = action.calls?.(params as never);
  const called = inner === undefined ? undefined : actions.get(inner.action);
  if (inner === undefined || called === undefined) return [call];
  // The parameters of the other action are one parameter here: it is known as a whole, or not at all.
  const isOpen = open.some((key) => objectOf(given[key]) === inner.params);
  const parsed = called.params.safeParse(inner.params);
  const innerParams = parsed.success ? (parsed.data as Readonly<Record<string, unknown>>) : inner.params;
  return [call, { action: called, params: innerParams, open: new Set(isOpen ? called.parameterNames : []), step }];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}
