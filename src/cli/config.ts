import type { Config, HistoryConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { FixpointError } from '../errors.ts';
import { describeModes, type ModeCounts } from '../app/mode-counts.ts';
import { formatDuration } from '../value/duration.ts';
import type { Command } from './command.ts';
import { configOptions, flagsFrom } from './config-options.ts';
import { missingConfig } from './missing-config.ts';
import { shownLimits } from './shown-limits.ts';

export const config: Command = {
  name: 'config',
  summary: 'Show the effective configuration, where each setting comes from, and what is missing; secrets stay hidden.',
  usage: '[--config fixpoint.yaml] [any option of serve]',
  example: 'fixpoint config --listen 127.0.0.1:9000',
  options: configOptions,
  positionals: { least: 0, most: 0 },
  async run({ values, environment, print, isJson }) {
    const effective = loadConfig(flagsFrom(values), environment);
    const modes = await modesIn(effective);
    const missing = missingConfig(effective, modes);
    const shown = {
      options: effective.origins,
      sources: effective.sources.map(({ name, evidence, credentials }) => ({
        name,
        evidence,
        credentials: credentials.map(({ kind }) => kind),
      })),
      history: shownHistory(effective.history),
      clusters: [...effective.clusters.keys()],
      http: Object.fromEntries([...effective.http].map(([name, { origin }]) => [name, origin])),
      redis: Object.fromEntries([...effective.redisTargets].map(([name, { at }]) => [name, at.kind])),
      postgres: Object.fromEntries([...effective.postgresTargets].map(([name, { address, database }]) => [name, `${address}/${database}`])),
      prometheus: Object.fromEntries([...effective.prometheus].map(([name, { url }]) => [name, url])),
      commands: Object.fromEntries([...effective.commands].map(([name, { argv }]) => [name, argv])),
      secrets: [...effective.secrets.keys()],
      tokens: effective.auth.tokens.map(({ name, role, namespaces }) => ({
        name,
        role,
        ...(namespaces === undefined ? {} : { namespaces }),
      })),
      oidc: Object.fromEntries(
        effective.auth.oidc.map(({ name, issuer, audiences, grants }) => [name, { issuer, audiences, roles: grants }]),
      ),
      tokenReviews: effective.auth.kubernetes ?? null,
      certificates: effective.auth.certificates,
      tls: effective.tls ?? null,
      protected: effective.protection,
      limits: shownLimits(effective.limits),
      escalation: effective.escalation.map(({ kind }) => kind),
      notices: effective.notices.map(({ on, rules, channel }) => ({
        channel: channel.kind,
        on,
        ...(rules === undefined ? {} : { rules }),
      })),
    };
    if (isJson) print(JSON.stringify({ ...shown, modes: modes ?? null, missing }));
    else {
      for (const [name, { value, from }] of Object.entries(effective.origins)) print(`${name.padEnd(13)} ${value}   (${from})`);
      for (const [name, value] of Object.entries(shown)) if (name !== 'options') print(`${name.padEnd(13)} ${JSON.stringify(value)}`);
      if (modes !== undefined) print(`${'modes'.padEnd(13)} ${describeModes(modes, effective.limits.mode)}`);
      for (const text of missing) print(`${'missing'.padEnd(13)} ${text}`);
    }
    return 0;
  },
};

/** Undefined where the rules do not load. */
async function modesIn(place: Config): Promise<ModeCounts | undefined> {
  const { checkRules } = await import('../app/check-rules.ts');
  try {
    return checkRules(place).modes;
  } catch (error) {
    if (error instanceof FixpointError) return undefined;
    throw error;
  }
}

function shownHistory(history: HistoryConfig): object {
  const { kind, keep } = history;
  const place = kind === 'sqlite' ? { file: history.file } : kind === 'postgres' ? { database: history.describe } : {};
  return { kind, ...place, keep: formatDuration(keep) };
}
