import type { Alert } from '../alert/alert.ts';
import { contentHash, type JsonObject } from '../value/json.ts';
import type { CompiledRule, CompiledRung, Scope } from './compiled-rule.ts';

/**
 * The one thing the rule is about for this alert, known without reading: declared, else the target of the first rung's first
 * changing step, else the alert itself. Throws `render.failed` or `params.invalid`.
 */
export function renderSubject(rule: CompiledRule, alert: Alert): string {
  return rule.subject?.(alert) ?? rule.ladder[0]?.target(alert) ?? `source/${alert.source}/${alert.fingerprint}`;
}

/** The rung's parameters, valid by its remediation's schema. Throws `render.failed` or `params.invalid`. */
export function renderParams(rung: CompiledRung, scope: Scope): JsonObject {
  return rung.params.render(scope);
}

/**
 * Equal for alerts that would run the rule with equal parameters: a member whose fingerprint differs from the opening one's is
 * ambiguous. Entries from `values` or `alerts`, which are not the member's own, count by their text. Throws `render.failed`.
 */
export function paramsFingerprint(rule: CompiledRule, alert: Alert): string {
  return contentHash(rule.ladder.map((rung) => rung.params.renderIdentity({ alert, alerts: [alert] })));
}
