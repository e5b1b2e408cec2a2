import { codeOf, FixpointError } from '../errors.ts';
import type { PauseScope } from '../ports/store.ts';
import { isTerminal, phases } from '../run/phase.ts';
import { nearest } from '../value/nearest.ts';
import { printable } from '../value/printable.ts';
import type { ApiDependencies } from './dependencies.ts';
import { knownNames } from './known-names.ts';
import { sourceNames } from './source-directory.ts';

type Asked = Pick<ApiDependencies, 'store' | 'rulebook' | 'sources' | 'clock' | 'log'>;

/** How many are looked at: open incidents, and of runs the newest and those of each phase that is not the end. */
const looked = { incidents: 300, runs: 300 };

/** How long looking may take, ms. */
const patience = 2000;

/**
 * What a person should know of a pause in this scope, since nothing known is in it: it may be a slip of the pen, and hold up
 * nothing. Undefined where something is. Never rejects: a pause waits for no answer.
 */
export async function scopeNote(scope: PauseScope, asked: Asked): Promise<string | undefined> {
  try {
    return await inTime(unknownText(scope, asked), asked);
  } catch (error) {
    asked.log.warn({ scope: scope.kind, err: error }, 'what a pause names could not be looked up');
    return `whether anything is in this scope could not be looked up (${codeOf(error)})`;
  }
}

/** Throws `rule.unknown` or `source.unknown` for a name that neither the configuration nor a run or incident has; what cannot be asked counts as known. */
export async function assertScopeKnown(scope: PauseScope, asked: Asked): Promise<void> {
  if (scope.kind !== 'rule' && scope.kind !== 'source') return;
  let unknown: string | undefined;
  try {
    unknown = await inTime(unknownText(scope, asked), asked);
  } catch (error) {
    asked.log.warn({ scope: scope.kind, err: error }, 'what a pause names could not be looked up');
  }
  if (unknown !== undefined)
    throw new FixpointError(`${scope.kind}.unknown`, `${unknown}; nothing is paused by this, --force (force: true) pauses it all the same`);
}

async function unknownText(scope: PauseScope, { store, rulebook, sources }: Asked): Promise<string | undefined> {
  switch (scope.kind) {
    case 'global':
      return undefined;
    case 'rule': {
      const { name } = scope;
      const { rules, rule } = rulebook();
      if (rule(name) !== undefined) return undefined;
      const [incidents, { runs }] = await Promise.all([
        store.incidents({ state: 'open', rule: name, limit: 1 }),
        store.runs({ rule: name, limit: 1 }),
      ]);
      return incidents.length + runs.length > 0 ? undefined : notKnown('no rule is called', { name, known: rules.map((one) => one.name) });
    }
    case 'source': {
      const { name } = scope;
      const configured = sourceNames(sources);
      if (configured.includes(name)) return undefined;
      const { incidents, runs } = await present(store);
      const known = new Set([...configured, ...incidents.map(({ source }) => source), ...runs.map(({ source }) => source)]);
      return known.has(name) ? undefined : notKnown('no source is called', { name, known });
    }
    case 'namespace':
    case 'target': {
      const { name, kind } = scope;
      const names = knownNames({ rules: rulebook().rules, ...(await present(store)) });
      const known = kind === 'namespace' ? names.namespaces : names.targets;
      return known.has(name) ? undefined : notKnown(`no rule, open incident or recent run names ${kind}`, { name, known });
    }
  }
}

async function present(store: Asked['store']) {
  const filters = [{}, ...phases.filter((phase) => !isTerminal(phase)).map((phase) => ({ phase }))];
  const [incidents, ...lists] = await Promise.all([
    store.incidents({ state: 'open', limit: looked.incidents }),
    ...filters.map((filter) => store.runs({ ...filter, limit: looked.runs })),
  ]);
  return { incidents, runs: lists.flatMap(({ runs }) => runs) };
}

async function inTime<T>(work: Promise<T>, { clock }: Pick<Asked, 'clock'>): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(patience, done.signal).then(() => {
    throw new FixpointError('timeout', `no answer within ${patience} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
  }
}

function notKnown(what: string, { name, known }: { readonly name: string; readonly known: Iterable<string> }): string {
  const similar = nearest(
    name.slice(0, 200),
    [...known].filter((other) => isAlike(name, other)),
  );
  return `${what} ${printable(name, 200)}${similar === undefined ? '' : `; did you mean ${similar}?`}`;
}

/** Whether each part is near its other: two targets of one namespace have much in common without being meant for each other. */
function isAlike(name: string, other: string): boolean {
  const parts = other.split('/');
  const own = name.split('/');
  return own.length === parts.length && own.every((part, index) => nearest(part.slice(0, 200), [parts[index] ?? '']) !== undefined);
}
