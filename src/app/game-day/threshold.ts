/** What an alert's expression compares, and with what. */
export interface Threshold {
  readonly query: string;
  readonly operator: '==' | '!=' | '>=' | '<=' | '>' | '<';
  readonly limit: number;
}

/** Of an expression that ends in a comparison with a number, as most alerts' do; undefined for others. */
export function thresholdOf(expression: string): Threshold | undefined {
  const match = /^(.*[^\s=!<>])\s*(==|!=|>=|<=|>|<)\s*(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/s.exec(expression.trim());
  if (match === null || /\b(?:and|or|unless)\b/.test(match[1] ?? '')) return undefined;
  return { query: match[1] ?? '', operator: match[2] as Threshold['operator'], limit: Number(match[3]) };
}

export function isBeyond({ operator, limit }: Threshold, value: number): boolean {
  switch (operator) {
    case '==':
      return value === limit;
    case '!=':
      return value !== limit;
    case '>=':
      return value >= limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '<':
      return value < limit;
  }
}

/** Of several series, the one that says most: one that is beyond, else the nearest to it. */
export function mostTelling(threshold: Threshold, values: readonly number[]): number | undefined {
  const known = values.filter((value) => !Number.isNaN(value));
  const isLow = threshold.operator === '<' || threshold.operator === '<=';
  return (
    known.find((value) => threshold.operator === '==' && isBeyond(threshold, value)) ?? known.toSorted((a, b) => (isLow ? a - b : b - a))[0]
  );
}
