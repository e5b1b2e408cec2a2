import type { Alert } from '../../alert/alert.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';

/** Stand for a label whose value is known only when the alert comes: what comes out differently with each is not known before. */
export const unknowns = ['xdynamicx', 'q0unknown0q'] as const;

/** More alerts than these are not tried; what is left over is then taken as dynamic. */
const mostAlerts = 256;

/**
 * Alerts that a rule can be asked about without one: each label it reads with each value that its matchers allow, or `unknown`, and
 * without. Any two `unknown`s give alerts in the same order.
 */
export function probeAlerts(rule: CompiledRule, unknown: string): readonly Alert[] {
  const text = JSON.stringify(rule.definition);
  const fixed = new Map(
    rule.matchers.flatMap(({ name, operator, values }) => (values !== undefined && !operator.startsWith('!') ? [[name, values]] : [])),
  );
  const read = [...labelsIn(text), ...fixed.keys()];
  let labelSets: readonly Readonly<Record<string, string>>[] = [{}];
  for (const name of new Set(read)) {
    const values = fixed.get(name) ?? [unknown];
    const mayLack = !fixed.has(name) && text.includes(`has(labels.${name})`);
    const next = labelSets.flatMap((labels) => [
      ...values.filter((value) => value !== '').map((value) => ({ ...labels, [name]: value })),
      ...(mayLack || values.includes('') ? [labels] : []),
    ]);
    labelSets = next.length <= mostAlerts ? next : labelSets.map((labels) => ({ ...labels, [name]: unknown }));
  }
  const annotations = Object.fromEntries(namesAfter('annotations', text).map((name) => [name, unknown]));
  return labelSets.map((labels) => ({ source: 'x', fingerprint: '0000000000000000', status: 'firing', labels, annotations, startsAt: 0 }));
}

function labelsIn(text: string): readonly string[] {
  return namesAfter('labels', text);
}

/** Names in `labels.x` and `labels["x"]`, as JSON has the rule's text. */
function namesAfter(variable: string, text: string): readonly string[] {
  const dotted = [...text.matchAll(new RegExp(`\\b${variable}\\.([A-Za-z_][A-Za-z0-9_]*)`, 'g'))].map((match) => match[1] ?? '');
  const bracketed = [...text.matchAll(new RegExp(`\\b${variable}\\[(?:'|\\\\")([^'"\\\\]+)`, 'g'))].map((match) => match[1] ?? '');
  return [...new Set([...dotted, ...bracketed])];
}
