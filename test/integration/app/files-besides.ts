import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../../src/config/config.ts';

const root = new URL('../../../', import.meta.url).pathname;

/** One rule, instead of the shipped ones. */
export function withRule(folder: string, rule: string): Pick<Config, 'rules'> {
  const rules = join(folder, 'rules');
  mkdirSync(rules, { recursive: true });
  writeFileSync(join(rules, 'a.yaml'), `rules:\n  - ${rule.trim().replaceAll('\n', '\n    ')}\n`);
  return { rules };
}

/** The shipped remediations with one more. */
export function withRemediation(folder: string, text: string): Pick<Config, 'remediations'> {
  const remediations = join(folder, 'remediations');
  cpSync(`${root}remediations`, remediations, { recursive: true });
  writeFileSync(join(remediations, 'ask-around.yaml'), text.trimStart());
  return { remediations };
}
