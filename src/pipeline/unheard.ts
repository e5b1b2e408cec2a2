import type { Alert } from '../alert/alert.ts';
import type { WebhookMessage } from '../alert/webhook-message.ts';
import type { ListedAlert } from '../ports/evidence.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import { paramsFingerprint, renderSubject } from '../rule/render.ts';
import { canonicalJson } from '../value/json.ts';
import type { Engine } from './engine.ts';
import { takeIn, type IntakeSource } from './intake.ts';

/** How long an alert must have been firing before its webhook counts as lost, ms; group_wait is a matter of seconds. */
const patience = 120_000;

/** Sources with one Alertmanager: those that are asked what it has, among all of them. */
interface Sharing {
  readonly asked: readonly IntakeSource[];
  readonly sharing: readonly IntakeSource[];
}

/**
 * Alerts that an Alertmanager lists as firing, not suppressed and routed to us, but that no webhook of any of its sources has told
 * us of, or of which one said that they were over: they are taken in as if they had been sent. Never what is routed to others only.
 */
export async function takeInUnheard(
  engine: Engine,
  { asked, sharing }: Sharing,
  { listed, unheard, at }: { listed: readonly ListedAlert[]; unheard: readonly string[]; at: number },
): Promise<void> {
  const isUnheard = new Set(unheard);
  const candidates = listed.filter(
    ({ alert, isSuppressed }) => !isSuppressed && isUnheard.has(alert.fingerprint) && at - alert.startsAt >= patience / engine.speed,
  );
  if (candidates.length === 0) return;
  const owned = Map.groupBy(candidates, await ownership(engine, sharing, candidates));
  for (const source of asked) {
    const lost = owned.get(source);
    if (lost !== undefined) await takeInLost(engine, source, { lost, at });
  }
}

/**
 * Whose alert it is: of the source that was told of it before, else of the first that posts to us from one of its receivers and adds
 * no label that it contradicts. Where several would add different labels to it, whose it is cannot be known, and it is nobody's.
 */
async function ownership(
  engine: Engine,
  sources: readonly IntakeSource[],
  candidates: readonly ListedAlert[],
): Promise<(candidate: ListedAlert) => IntakeSource | undefined> {
  const fingerprints = candidates.map(({ alert }) => alert.fingerprint);
  const known = await Promise.all(
    sources.map(async (source) => ({
      source,
      ours: await receiversOf(engine, source),
      told: await engine.store.toldOf(source.name, fingerprints),
    })),
  );
  return ({ alert, receivers }) => {
    const canTake = ({ source, ours }: (typeof known)[number]) =>
      receivers.some((name) => ours.has(name)) && hasRule(engine, source, alert);
    const told = known.filter((one) => one.told.has(alert.fingerprint));
    if (told.length > 0) return told.find(canTake)?.source;
    const routed = known.filter(({ ours }) => receivers.some((name) => ours.has(name)));
    const fitting = routed.length === 1 ? routed : routed.filter(({ source }) => !contradicts(source, alert));
    const additions = new Set(fitting.map(({ source }) => canonicalJson(source.labelsFor(alert.labels))));
    return additions.size === 1 ? fitting.find(canTake)?.source : undefined;
  };
}

/** Whether the source's alerts have a label with another value. */
function contradicts(source: IntakeSource, { labels }: Alert): boolean {
  return Object.entries(source.labelsFor({})).some(([name, value]) => (labels[name] ?? value) !== value);
}

async function receiversOf(engine: Engine, { name, receivers }: IntakeSource): Promise<ReadonlySet<string>> {
  return new Set(receivers ?? (await engine.store.receivers(name)).map(unquoted));
}

async function takeInLost(engine: Engine, source: IntakeSource, { lost, at }: { lost: readonly ListedAlert[]; at: number }): Promise<void> {
  const ours = await receiversOf(engine, source);
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
  const given = { ...alert, source: source.name, labels: { ...alert.labels, ...source.labelsFor(alert.labels) } };
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
