import { parseFaultName, type Fault } from './fault.ts';

/** For how long after its cure a fault keeps pressing, so that undoing the cure makes the patient ill again. */
const pressesForMs = 300_000;

interface Entry {
  readonly fault: Fault;
  readonly isCured: (fault: Fault) => boolean;
  curedSince: number | undefined;
}

/** How one fault comes over a patient and what ends it. */
export interface FaultKind {
  /** The labels that tell two such faults apart, completed; undefined where there is no fault for these. */
  readonly labels?: (given: Readonly<Record<string, string>>) => Readonly<Record<string, string>> | undefined;
  /** Brings the patient into the condition in which the fault shows. */
  readonly onset?: (fault: Fault) => void;
  readonly isCured: (fault: Fault) => boolean;
  /** Whether its cause goes on for a while after the cure. */
  readonly isLasting: boolean;
}

/** The faults a patient has now. */
export class FaultBook {
  readonly #kinds: Readonly<Record<string, FaultKind>>;
  #entries: Entry[] = [];

  constructor(kinds: Readonly<Record<string, FaultKind>>) {
    this.#kinds = kinds;
  }

  get names(): readonly string[] {
    return Object.keys(this.#kinds);
  }

  /** Replaces a fault of the same name and labels; false where there is none of this kind. */
  inject(text: string, given: Readonly<Record<string, string>>, now: number): boolean {
    const { name, isStubborn } = parseFaultName(text);
    const kind = Object.hasOwn(this.#kinds, name) ? this.#kinds[name] : undefined;
    const labels = kind?.labels === undefined ? {} : kind.labels(given);
    if (kind === undefined || labels === undefined) return false;
    const fault = { name, isStubborn, labels, since: now };
    this.#entries = this.#entries.filter((entry) => !isSame(entry.fault, fault));
    this.#entries.push({ fault, isCured: isStubborn ? () => false : kind.isCured, curedSince: undefined });
    kind.onset?.(fault);
    return true;
  }

  /** Notes what is cured by now, and forgets what no longer presses. */
  step(now: number): void {
    for (const entry of this.#entries) entry.curedSince = entry.isCured(entry.fault) ? (entry.curedSince ?? now) : undefined;
    this.#entries = this.#entries.filter(({ fault, curedSince }) => {
      if (curedSince === undefined) return true;
      return this.#kinds[fault.name]?.isLasting === true && now - curedSince < pressesForMs;
    });
  }

  /** Whether time alone changes nothing: only a cured fault that still presses waits for something. */
  isSettled(): boolean {
    return this.#entries.every(({ curedSince }) => curedSince === undefined);
  }

  clear(): void {
    this.#entries = [];
  }

  /** A fault of this name, cured or not; with `labels`, one that has them. */
  find(name: string, labels: Readonly<Record<string, string>> = {}): Fault | undefined {
    return this.#entries.find(({ fault }) => fault.name === name && hasLabels(fault, labels))?.fault;
  }

  hasUncured(name: string, labels: Readonly<Record<string, string>> = {}): boolean {
    return this.#entries.some(({ fault, curedSince }) => curedSince === undefined && fault.name === name && hasLabels(fault, labels));
  }

  all(): readonly (Fault & { readonly isCured: boolean })[] {
    return this.#entries.map(({ fault, curedSince }) => ({ ...fault, isCured: curedSince !== undefined }));
  }
}

function isSame(a: Fault, b: Fault): boolean {
  return a.name === b.name && hasLabels(a, b.labels);
}

function hasLabels(fault: Fault, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([name, value]) => fault.labels[name] === value);
}
