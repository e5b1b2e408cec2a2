import { readAlerts, type AlertSource } from '../alert/read-alerts.ts';
import type { Alert } from '../alert/alert.ts';
import type { WebhookMessage } from '../alert/webhook-message.ts';
import { messageOf } from '../errors.ts';
import type { CompiledRule, CompiledStep } from '../rule/compiled-rule.ts';
import { strictestMode } from '../rule/mode.ts';
import { paramsFingerprint, renderSubject } from '../rule/render.ts';
import type { JsonObject } from '../value/json.ts';
import { parseTarget, type Target } from '../value/target.ts';
import { admit, type Admission } from './admission.ts';
import type { Engine } from './engine.ts';
import { newRun } from './new-run.ts';
import { siblingsOf } from './siblings.ts';

export interface ExplainedRule {
  readonly rule: string;
  readonly matched: boolean;
  readonly reason: string;
  readonly subject?: string;
  readonly decisions?: readonly {
    readonly guard: string;
    readonly decision: string;
    readonly reason: string;
    /** What the guard judged by. */
    readonly inputs?: JsonObject;
  }[];
}

export interface Explanation {
  readonly alerts: readonly { readonly fingerprint: string; readonly rules: readonly ExplainedRule[] }[];
}

/** Every rule's and guard's answer to a webhook message, and why. Asks, and changes nothing. */
export async function explain(engine: Engine, source: AlertSource, message: WebhookMessage): Promise<Explanation> {
  const now = await engine.store.time();
  const alerts = readAlerts(message, source, now);
  const answers = [];
  for (const alert of alerts) {
    const matching = new Set(
      engine
        .rulebook()
        .match(alert)
        .filter(({ outcome }) => outcome === 'matched')
        .map(({ rule }) => rule.name),
    );
    const rules: ExplainedRule[] = [];
    for (const { rule: name, matched, reason } of engine.rulebook().explain(alert)) {
      const rule = engine.rulebook().rule(name);
      rules.push({
        rule: name,
        matched,
        reason,
        ...(rule === undefined || !matching.has(name) ? {} : await askGuards(engine, { rule, alert, now })),
      });
    }
    answers.push({ fingerprint: alert.fingerprint, rules });
  }
  return { alerts: answers };
}

/** The guards' answers to the next run of the incident that is open, else to the first of one that this alert would open. */
async function askGuards(
  engine: Engine,
  { rule, alert, now }: { rule: CompiledRule; alert: Alert; now: number },
): Promise<Partial<ExplainedRule>> {
  let subject: string;
  let target: Target | undefined;
  try {
    subject = renderSubject(rule, alert);
    // What cannot be rendered is refused when it is taken in, so nobody is asked about it.
    paramsFingerprint(rule, alert);
    target = parseTarget(rule.ladder[0]?.target(alert) ?? '');
  } catch (error) {
    return { reason: messageOf(error), decisions: [] };
  }
  const incident = await engine.store.openIncident(rule.name, subject);
  const { run } = newRun({
    rule,
    rulebook: engine.rulebook().hash,
    alert,
    incident: incident?.id ?? engine.ids.next(),
    subject,
    attempt: (incident?.attempt ?? 0) + 1,
    siblings: siblingsOf(engine.rulebook(), { rule, alert, subject }),
    at: now,
    life: engine.timing.runLife,
    speed: engine.speed,
  });
  const admission = await admit(engine, {
    run,
    incident,
    rule,
    targets: target === undefined ? [] : [target],
    affected: [],
    effects: (rule.ladder[0]?.steps ?? []).filter((step) => isEffect(engine, step)).map(({ id }) => id),
    mode: strictestMode(run.mode, ...rule.ladder.slice(0, 1).map((rung) => rung.mode)),
    fence: 0,
    now,
    signal: new AbortController().signal,
    kind: 'explain',
  });
  return { subject, decisions: admission.decisions.map(explained) };
}

/** What the first rung would do at most: nothing has been planned. */
function isEffect({ actions }: Engine, { effect, action }: CompiledStep): boolean {
  return effect !== 'read' && actions.get(action)?.isAside !== true;
}

function explained({ guard, decision, reason, inputs }: Admission['decisions'][number]) {
  return { guard, decision, reason, ...(inputs === undefined ? {} : { inputs }) };
}
