import { actions } from '../actions/catalogue.ts';
import { checks } from '../checks/catalogue.ts';
import type { Config } from '../config/config.ts';
import { guards } from '../guards/catalogue.ts';
import type { Engine } from '../pipeline/engine.ts';
import type { Outside } from './outside.ts';
import type { RulebookShelf } from './rulebook-shelf.ts';

interface Parts {
  readonly config: Config;
  readonly outside: Outside;
  readonly shelf: Pick<RulebookShelf, 'current' | 'keep' | 'definition'>;
  readonly speed: number;
}

type Given = Pick<
  Engine,
  'worker' | 'store' | 'ledger' | 'dispatches' | 'clock' | 'ids' | 'log' | 'metrics' | 'tracing' | 'stopping' | 'past' | 'localPause'
>;

/** The pipeline's engine from its parts. */
export function makeEngine(given: Given, { config, outside, shelf, speed }: Parts): Engine {
  const { kubernetes, http, redis, postgres, alertmanager, prometheus, evidence, writers } = outside;
  const namespacesOf = new Map(config.sources.map(({ name, namespaces }) => [name, namespaces]));
  return {
    ...given,
    actions,
    checks,
    guards,
    kubernetes,
    http,
    redis,
    postgres,
    alertmanager,
    prometheus,
    evidence,
    writers,
    limits: config.limits,
    timing: {
      lease: 8000,
      guardTimeout: 5000,
      checkTimeout: 10_000,
      admissionAge: 10_000,
      runLife: 3_600_000,
      approvalLife: config.approvalLife,
      targetCooldown: config.targetCooldown,
    },
    speed,
    intervals: config.timeIntervals,
    rulebook: () => shelf.current,
    keepRules: () => shelf.keep(),
    definition: (hash) => shelf.definition(hash),
    protection(source) {
      // A source that is not configured (any more) may touch nothing, unless there are none to tell apart.
      const namespaces = namespacesOf.has(source) || namespacesOf.size === 0 ? namespacesOf.get(source) : [];
      return { ...config.protection, ...(namespaces === undefined ? {} : { sourceNamespaces: namespaces }) };
    },
  };
}
