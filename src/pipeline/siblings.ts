import type { Alert } from '../alert/alert.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import { renderSubject } from '../rule/render.ts';
import type { Rulebook } from '../rule/rulebook.ts';
import type { Run } from '../run/run.ts';
import type { Engine } from './engine.ts';

/** The rules that handle this alert on the same subject, by `continue`; undefined where the rule is alone. */
export function siblingsOf(
  rulebook: Rulebook,
  { rule, alert, subject }: { rule: CompiledRule; alert: Alert; subject: string },
): Run['siblings'] {
  const matches = rulebook.match(alert).filter((match) => match.outcome === 'matched');
  if (matches.length < 2) return undefined;
  const names = matches.map((match) => match.rule).filter((other) => isAbout(other, alert, subject));
  const [first] = names;
  const place = names.findIndex(({ name }) => name === rule.name);
  if (first === undefined || place === -1 || names.length < 2) return undefined;
  return { group: `${first.name}/${subject}`, before: names.slice(0, place).map(({ name }) => name) };
}

function isAbout(rule: CompiledRule, alert: Alert, subject: string): boolean {
  try {
    return renderSubject(rule, alert) === subject;
  } catch {
    // A rule that cannot say what it is about has no run.
    return false;
  }
}

/** Runs of earlier siblings that have not ended, in the order of their rules. */
export async function liveSiblings(engine: Engine, { siblings, subject }: Run): Promise<readonly { rule: string; run: string }[]> {
  const live: { rule: string; run: string }[] = [];
  for (const rule of siblings?.before ?? []) {
    const run = (await engine.store.openIncident(rule, subject))?.run;
    if (run !== undefined) live.push({ rule, run });
  }
  return live;
}
