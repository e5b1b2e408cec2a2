import { hasIdentities } from '../config/auth-config.ts';
import type { Config } from '../config/config.ts';
import { FixpointError } from '../errors.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Shapes } from '../rule/action-shape.ts';
import type { CompiledRule, RuleDefinition } from '../rule/compiled-rule.ts';
import { compileDefinition, formatProblem, loadRulebook } from '../rule/load.ts';
import { countModes, describeModes } from './mode-counts.ts';
import { emptyRulebook, type Rulebook } from '../rule/rulebook.ts';
import { readRuleFiles, stampOf } from './rule-files.ts';

type Place = Pick<Config, 'rules' | 'remediations' | 'limits' | 'defaults'> & Partial<Pick<Config, 'timeIntervals' | 'auth'>>;

/** Rules as loaded from a place, with every problem found. */
export function loadRules(place: Place, shapes: Shapes): ReturnType<typeof loadRulebook> {
  const { rules, remediations, limits, defaults, timeIntervals, auth } = place;
  const deployment = { intervals: [...(timeIntervals?.keys() ?? [])], hasIdentities: auth !== undefined && hasIdentities(auth) };
  return loadRulebook({ rules: readRuleFiles(rules), remediations: readRuleFiles(remediations), shapes, limits, defaults, deployment });
}

/** The rulebook in force, replaced whole or not at all, and the definitions that older runs still keep. */
export class RulebookShelf {
  readonly #place: Place;
  readonly #shapes: Shapes;
  readonly #store: Store;
  readonly #log: Log;
  readonly #loaded: (rulebook: Rulebook | undefined) => void;
  readonly #older = new Map<string, CompiledRule>();
  #current: Rulebook = emptyRulebook;
  #stamp = '';
  #unkept: readonly CompiledRule[] = [];

  constructor({
    place,
    shapes,
    store,
    log,
    loaded,
  }: {
    place: Place;
    shapes: Shapes;
    store: Store;
    log: Log;
    loaded: (rulebook: Rulebook | undefined) => void;
  }) {
    this.#place = place;
    this.#shapes = shapes;
    this.#store = store;
    this.#log = log;
    this.#loaded = loaded;
  }

  get current(): Rulebook {
    return this.#current;
  }

  /** Loads the files; throws `rules.invalid` with all problems and keeps what was there. */
  load(): { readonly hash: string; readonly rules: number; readonly problems: readonly string[] } {
    this.#stamp = this.#stampNow();
    let loaded;
    try {
      loaded = loadRules(this.#place, this.#shapes);
    } catch (error) {
      this.#loaded(undefined);
      throw error;
    }
    const problems = loaded.problems.map(formatProblem);
    if (loaded.rulebook === undefined) {
      this.#loaded(undefined);
      const errors = loaded.problems.filter(({ severity }) => severity === 'error').length;
      throw new FixpointError(
        'rules.invalid',
        `rules not loaded, ${errors} ${errors === 1 ? 'error' : 'errors'}:\n${problems.join('\n')}`,
        { details: { problems } },
      );
    }
    for (const rule of this.#current.rules) this.#older.set(rule.hash, rule);
    this.#current = loaded.rulebook;
    this.#unkept = loaded.rulebook.rules;
    this.#loaded(loaded.rulebook);
    const { hash, rules } = loaded.rulebook;
    const modes = describeModes(countModes(rules), this.#place.limits.mode);
    this.#log.info({ rules: rules.length, hash, warnings: problems.length, modes }, 'rules loaded');
    return { hash, rules: rules.length, problems };
  }

  /** Loads anew if a file has changed. */
  loadIfChanged(): void {
    if (this.#stampNow() !== this.#stamp) this.reload();
  }

  /** Loads anew; what is wrong is logged, and the rules in force stay. */
  reload(): void {
    try {
      this.load();
    } catch (error) {
      this.#log.error({ err: error }, 'changed rules refused, those before stay in force');
    }
  }

  /** Writes definitions to the store, so that a run's rule is there even for workers that load other files. */
  async keep(): Promise<void> {
    const unkept = this.#unkept;
    for (const rule of unkept) await this.#store.keepDefinition(rule.hash, rule.definition as never);
    if (this.#unkept === unkept) this.#unkept = [];
  }

  async definition(hash: string): Promise<CompiledRule | undefined> {
    const known = this.#current.rules.find((rule) => rule.hash === hash) ?? this.#older.get(hash);
    if (known !== undefined) return known;
    const kept = await this.#store.definition(hash);
    if (kept === undefined) return undefined;
    const compiled = compileDefinition(kept as unknown as RuleDefinition, this.#shapes);
    this.#older.set(hash, compiled);
    return compiled;
  }

  #stampNow(): string {
    return stampOf([this.#place.rules, this.#place.remediations]);
  }
}
