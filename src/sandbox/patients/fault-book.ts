import type { SandboxClock } from '../clock.ts';
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

export interface FaultBookParts {
  readonly kinds: Readonly<Record<string, FaultKind>>;
  readonly clock: Pick<SandboxClock, 'now'>;
  /** Brings the patient up to the present. */
  readonly refresh: () => void;
}

/** The faults a patient has now. */
export class FaultBook {
  readonly #kinds: Readonly<Record<string, FaultKind>>;
  readonly #clock: FaultBookParts['clock'];
  readonly #refresh: () => void;
  #entries: Entry[] = [];

  constructor({ kinds, clock, refresh }: FaultBookParts) {
    this.#kinds = kinds;
    this.#clock = clock;
    this.#refresh = refresh;
  }

  /** Of the faults it can have, stubborn twins left out. */
  get names(): readonly string[] {
    return Object.keys(this.#kinds);
  }

  /** Gives the patient a fault, as `high-latency` or `high-latency-stubborn`; false where it has none of this name or for these labels. */
  inject(text: string, given: Readonly<Record<string, string>>): boolean {
    this.#refresh();
    const isKnown = this.#put(text, given);
    this.#refresh();
    return isKnown;
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

  /** Replaces a fault of the same name and labels. */
  #put(text: string, given: Readonly<Record<string, string>>): boolean {
    const { name, isStubborn } = parseFaultName(text);
    const kind = Object.hasOwn(this.#kinds, name) ? this.#kinds[name] : undefined;
    const labels = kind?.labels === undefined ? {} : kind.labels(given);
    if (kind === undefined || labels === undefined) return false;
    const fault = { name, isStubborn, labels, since: this.#clock.now() };
    this.#entries = this.#entries.filter((entry) => !isSame(entry.fault, fault));
    this.#entries.push({ fault, isCured: isStubborn ? () => false : kind.isCured, curedSince: undefined });
    kind.onset?.(fault);
    return true;
  }
}

function isSame(a: Fault, b: Fault): boolean {
  return a.name === b.name && hasLabels(a, b.labels);
}

function hasLabels(fault: Fault, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([name, value]) => fault.labels[name] === value);
}
