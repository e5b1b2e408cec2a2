import type { Alert } from '../alert/alert.ts';
import type { WebhookMessage } from '../alert/webhook-message.ts';
import type { ListedAlert } from '../ports/evidence.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import { paramsFingerprint, renderSubject } from '../rule/render.ts';
import type { Engine } from './engine.ts';
import { takeIn, type IntakeSource } from './intake.ts';

/** How long an alert must have been firing before its webhook counts as lost, ms; group_wait is a matter of seconds. */
const patience = 120_000;

/**
 * Alerts that the source lists as firing, not suppressed and routed to us, but that no webhook has told us of, or of which one
 * said that they were over: they are taken in as if they had been sent. Never what is routed to others only.
 */
export async function takeInUnheard(
  engine: Engine,
  source: IntakeSource,
  { listed, unheard, at }: { listed: readonly ListedAlert[]; unheard: readonly string[]; at: number },
): Promise<void> {
  const isUnheard = new Set(unheard);
  const candidates = listed.filter(
    ({ alert, isSuppressed }) => !isSuppressed && isUnheard.has(alert.fingerprint) && at - alert.startsAt >= patience / engine.speed,
  );
  if (candidates.length === 0) return;
  const ours = new Set(source.receivers ?? (await engine.store.receivers(source.name)).map(unquoted));
  const lost = candidates.filter(({ receivers, alert }) => receivers.some((name) => ours.has(name)) && hasRule(engine, source, alert));
  if (lost.length === 0) return;
  const message: WebhookMessage = {
    version: '4',
    receiver: lost[0]?.receivers.find((name) => ours.has(name)),
    alerts: lost.map(({ alert: { fingerprint, labels, annotations, startsAt } }) => ({
      status: 'firing' as const,
      fingerprint,
      labels,
      annotations,
      startsAt: new Date(startsAt).toISOString(),
    })),
  };
  engine.log.info({ source: source.name, alerts: lost.length }, 'alerts that no webhook told of are taken in');
  await takeIn(engine, source, {
    id: engine.ids.next(),
    source: source.name,
    receivedAt: at,
    bytes: JSON.stringify(message).length,
    message,
    isConfirmed: true,
  });
}

function hasRule(engine: Engine, source: IntakeSource, alert: ListedAlert['alert']): boolean {
  const given = { ...alert, labels: { ...alert.labels, ...source.labelsFor(alert.labels) } };
  // What a rule cannot handle was told when its webhook came, if one did, and would be told again at every look.
  return engine
    .rulebook()
    .match(given)
    .some((match) => match.outcome === 'matched' && canRender(match.rule, given));
}

/** A webhook's `receiver` is quoted as a regular expression; the API's is not. */
function unquoted(receiver: string): string {
  return receiver.replaceAll(/\\(.)/g, '$1');
}

function canRender(rule: CompiledRule, alert: Alert): boolean {
  try {
    return renderSubject(rule, alert) !== '' && paramsFingerprint(rule, alert) !== '';
  } catch {
    return false;
  }
}
