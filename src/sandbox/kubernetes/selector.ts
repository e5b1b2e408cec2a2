import { isPlainObject, listAt, textsAt } from './plain.ts';
import { badRequest } from './status-error.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | '!exists';
  readonly values: readonly string[];
}

/** True for labels that meet every requirement. `notin` and `!=` also hold where the label is missing. */
export function meets(requirements: readonly Requirement[], labels: Labels): boolean {
  return requirements.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'in':
        return value !== undefined && values.includes(value);
      case 'notin':
        return value === undefined || !values.includes(value);
      case 'exists':
        return value !== undefined;
      case '!exists':
        return value === undefined;
    }
  });
}

/** The requirements of `spec.selector`, of a Deployment's shape or a Service's plain map. */
export function requirementsOf(selector: unknown): readonly Requirement[] {
  const equal = Object.entries(textsAt(selector, 'matchLabels')).map(([key, value]): Requirement => ({
    key,
    operator: 'in',
    values: [value],
  }));
  const operators: Readonly<Record<string, Requirement['operator']>> = {
    In: 'in',
    NotIn: 'notin',
    Exists: 'exists',
    DoesNotExist: '!exists',
  };
  const expressions = listAt(selector, 'matchExpressions').map((expression): Requirement => {
    const values = Array.isArray(expression['values']) ? expression['values'].map(String) : [];
    return { key: String(expression['key']), operator: operators[String(expression['operator'])] ?? 'in', values };
  });
  return [...equal, ...expressions];
}

/** The text form that Scale's `status.selector` has. */
export function selectorText(selector: unknown): string {
  if (!isPlainObject(selector)) return '';
  return requirementsOf(selector)
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, operator, values }) => {
      if (operator === 'exists') return key;
      if (operator === '!exists') return `!${key}`;
      return operator === 'in' && values.length === 1 ? `${key}=${values[0]}` : `${key} ${operator} (${values.toSorted().join(',')})`;
    })
    .join(',');
}

/** Reads `labelSelector`; what cannot be read is 400 in Kubernetes' words. */
export function parseLabelSelector(text: string): readonly Requirement[] {
  const tokens = text.match(/==|!=|[=!(),]|[^\s=!(),]+/g) ?? [];
  const requirements: Requirement[] = [];
  let at = 0;
  while (at < tokens.length) {
    requirements.push(requirement());
    if (at >= tokens.length) break;
    if (tokens[at] !== ',') throw unparsable(`found '${tokens[at]}', expected: ',' or 'end of string'`);
    at += 1;
  }
  return requirements;

  function requirement(): Requirement {
    if (tokens[at] === '!') {
      at += 1;
      return { key: identifier(), operator: '!exists', values: [] };
    }
    const key = identifier();
    const operator = tokens[at];
    switch (operator) {
      case undefined:
      case ',':
        return { key, operator: 'exists', values: [] };
      case '=':
      case '==':
      case '!=':
        at += 1;
        return { key, operator: operator === '!=' ? 'notin' : 'in', values: [exactValue()] };
      case 'in':
      case 'notin':
        at += 1;
        return { key, operator, values: valueSet() };
      default:
        throw unparsable(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    }
  }

  function identifier(): string {
    const token = tokens[at];
    if (token === undefined || /^[=!(),]/.test(token)) throw unparsable(`found '${token ?? ''}', expected: identifier`);
    at += 1;
    return token;
  }

  function exactValue(): string {
    const token = tokens[at];
    if (token === undefined || token === ',') return '';
    return identifier();
  }

  function valueSet(): readonly string[] {
    if (tokens[at] !== '(') throw unparsable(`found '${tokens[at] ?? ''}' expected: '('`);
    at += 1;
    const values: string[] = [];
    for (;;) {
      values.push(tokens[at] === ',' || tokens[at] === ')' ? '' : identifier());
      const token = tokens[at];
      at += 1;
      if (token === ')') return values;
      if (token !== ',') throw unparsable(`found '${token ?? ''}', expected: ',' or ')'`);
    }
  }
}

function unparsable(why: string): Error {
  return badRequest(`unable to parse requirement: ${why}`);
}

export interface FieldRequirement {
  readonly field: string;
  readonly isEqual: boolean;
  readonly value: string;
}

/** Reads `fieldSelector` (`a=b`, `a==b`, `a!=b`, joined by commas); fields other than `known` are 400. */
export function parseFieldSelector(text: string, known: readonly string[]): readonly FieldRequirement[] {
  if (text === '') return [];
  return text.split(',').map((part) => {
    const [, field, operator, value] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (field === undefined || value === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    if (!known.includes(field)) throw badRequest(unknownField(field, known));
    return { field, isEqual: operator !== '!=', value };
  });
}

function unknownField(field: string, known: readonly string[]): string {
  const isMetadataOnly = known.length === 2;
  return isMetadataOnly
    ? `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
    : `field label not supported: ${field}`;
}
