import { existsSync } from 'node:fs';
import { hasIdentities } from '../config/auth-config.ts';
import type { Config, SourceConfig } from '../config/config.ts';
import { optionSpecs } from '../config/options.ts';
import type { ModeCounts } from '../app/mode-counts.ts';

/** What a service for real has and this one has not, each with what that means; `modes` where the rules load. */
export function missingConfig(config: Config, modes: ModeCounts | undefined): readonly string[] {
  const { origins, sources, escalation, auth, prometheus, protection, limits } = config;
  const file = origins['config']?.value ?? optionSpecs.config.fallback;
  const hasPrometheus = prometheus.size > 0 || sources.some((source) => source.prometheus !== undefined);
  return [
    !existsSync(file) && `${file}: there is no such file; fixpoint.example.yaml is one to start from`,
    modes === undefined && 'rules: they do not load; fixpoint check says why',
    limits.mode === undefined &&
      (modes?.auto ?? 0) > 0 &&
      'limits.mode: rules in mode auto act from the first alert on; for the first week set it to plan',
    sources.length === 0 &&
      'sources: none, so nothing can be asked whether an alert still fires (no evidence): only first attempts are made',
    ...sources.flatMap(missingOfSource),
    !hasPrometheus && 'prometheus: none, so checks have nothing to ask whether it helped',
    !hasIdentities(auth) &&
      'auth: no identities, so on loopback whoever is on this machine may do everything, and beyond it nobody may ask',
    protection.targets.length + protection.namespaces.length === 0 && 'protected: nothing, besides Fixpoint itself',
    escalation.length === 0 && 'escalation: no channel, so nobody is called when a remediation fails',
  ].filter((text) => text !== false);
}

function missingOfSource({ name, evidence, credentials }: SourceConfig): readonly (string | false)[] {
  return [
    evidence === 'receipt' &&
      `sources.${name}.evidence: receipt, so nothing can be asked whether an alert still fires: only first attempts are made`,
    credentials.length === 0 && `sources.${name}.credentials: none of its own`,
  ];
}
