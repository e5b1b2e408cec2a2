/** A fault that a patient has. A stubborn one behaves like its twin, but nothing cures it. */
export interface Fault {
  readonly name: string;
  readonly isStubborn: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** The sandbox's time. */
  readonly since: number;
}

const suffix = '-stubborn';

/** Splits `high-latency-stubborn` into the fault and whether it is the stubborn twin. */
export function parseFaultName(text: string): { readonly name: string; readonly isStubborn: boolean } {
  const isStubborn = text.endsWith(suffix);
  return { name: isStubborn ? text.slice(0, -suffix.length) : text, isStubborn };
}

export function formatFaultName(fault: Pick<Fault, 'name' | 'isStubborn'>): string {
  return fault.isStubborn ? `${fault.name}${suffix}` : fault.name;
}
