const pattern = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const binary: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };
const decimal: Readonly<Record<string, number>> = { 'n': -9, 'u': -6, 'm': -3, '': 0, 'k': 3, 'M': 6, 'G': 9, 'T': 12, 'P': 15, 'E': 18 };

export const quantityProblem = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

interface Quantity {
  /** In billionths, so that all suffixes are whole. */
  readonly nano: bigint;
  readonly form: 'binary' | 'decimal';
}

/** Undefined for what is no quantity. */
export function parseQuantity(text: string): Quantity | undefined {
  const [, digits = '', suffix = ''] = pattern.exec(text) ?? [];
  const [, sign = '', whole = '', fraction = ''] = /^([+-]?)([0-9]*)(?:\.([0-9]*))?$/.exec(digits) ?? [];
  if (whole + fraction === '') return undefined;
  const scaled = scale(BigInt(whole + fraction), fraction.length, suffix);
  if (scaled === undefined) return undefined;
  return { nano: sign === '-' ? -scaled : scaled, form: suffix in binary ? 'binary' : 'decimal' };
}

function scale(mantissa: bigint, fractionDigits: number, suffix: string): bigint | undefined {
  const shift = binary[suffix];
  const divisor = 10n ** BigInt(fractionDigits);
  if (shift !== undefined) return ((mantissa << shift) * 1_000_000_000n) / divisor;
  const exponent = decimal[suffix] ?? scientific(suffix);
  if (exponent === undefined || Math.abs(exponent) > 30) return undefined;
  const power = exponent + 9;
  return power >= 0 ? (mantissa * 10n ** BigInt(power)) / divisor : mantissa / (divisor * 10n ** BigInt(-power));
}

function scientific(suffix: string): number | undefined {
  const [, exponent] = /^[eE]([-+]?[0-9]+)$/.exec(suffix) ?? [];
  return exponent === undefined ? undefined : Number(exponent);
}

/** The form the API server gives back: the largest suffix without a fraction (`2000m` is `2`, `1024Mi` is `1Gi`). */
export function canonicalQuantity(text: string): string | undefined {
  const quantity = parseQuantity(text);
  if (quantity === undefined) return undefined;
  if (quantity.nano === 0n) return '0';
  const sign = quantity.nano < 0n ? '-' : '';
  const nano = quantity.nano < 0n ? -quantity.nano : quantity.nano;
  if (quantity.form === 'binary' && nano % 1_000_000_000n === 0n) {
    const units = nano / 1_000_000_000n;
    const [suffix, shift] = Object.entries(binary).findLast(([, bits]) => units % (1n << bits) === 0n) ?? ['', 0n];
    return `${sign}${units >> shift}${suffix}`;
  }
  const [suffix, exponent] = Object.entries(decimal).findLast(([, power]) => nano % 10n ** BigInt(power + 9) === 0n) ?? ['n', -9];
  return `${sign}${nano / 10n ** BigInt(exponent + 9)}${suffix}`;
}
