import { loadRules } from '../../src/app/rulebook-shelf.ts';
import { shapes } from '../../src/app/shapes.ts';
import type { CompiledRule } from '../../src/rule/compiled-rule.ts';

const root = new URL('../../', import.meta.url).pathname;

/** The rules in `rules/`, as they are loaded without any configuration. */
export function shippedRules(): readonly CompiledRule[] {
  const place = { rules: `${root}rules`, remediations: `${root}remediations`, limits: {}, defaults: { attempts: 3, cooldown: 900_000 } };
  const { rulebook, problems } = loadRules(place, shapes());
  if (rulebook === undefined) throw new Error(JSON.stringify(problems));
  return rulebook.rules;
}
