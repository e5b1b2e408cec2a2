import { readAlerts, type AlertSource } from '../alert/read-alerts.ts';
import type { Alert } from '../alert/alert.ts';
import { parseWebhookMessage, type WebhookMessage } from '../alert/webhook-message.ts';
import { FixpointError } from '../errors.ts';
import { renderSubject } from '../rule/render.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import type { Run } from '../run/run.ts';
import { dispatchRuns } from './dispatch.ts';
import type { Engine } from './engine.ts';
import { alertOf, followed, newRun } from './new-run.ts';
import { assertRunWithin, limited, type Wisher } from './within.ts';

export interface ReplayRequest extends Wisher {
  readonly webhook?: WebhookMessage;
  readonly source?: string;
  readonly notification?: string;
  readonly run?: string;
  readonly mode: 'plan' | 'real';
  readonly reason?: string;
}

/**
 * Runs a message, a kept notification or a run's alert again, as runs of their own beside any incident: planned only, unless
 * `real`. Guards apply; a replay is never evidence that the alert fires.
 */
export async function replay(
  engine: Engine,
  sourceNamed: (name: string) => AlertSource,
  request: ReplayRequest,
): Promise<{ notification: string; runs: string[] }> {
  const { alerts, of, rule, replayed } = await alertsToReplay(engine, sourceNamed, request);
  const at = await engine.store.time();
  const made: { run: Run; entries: readonly JournalEntry[] }[] = [];
  for (const alert of alerts) {
    if (alert.status !== 'firing') continue;
    for (const match of engine.rulebook().match(alert)) {
      // Where other rules of the same alert act has not been looked at.
      if (request.within !== undefined && request.mode === 'real' && match.rule.name !== rule) continue;
      if (match.outcome === 'error') throw new FixpointError('render.failed', `rule ${match.rule.name}: ${match.reason}`);
      const given = {
        rule: match.rule,
        rulebook: engine.rulebook().hash,
        alert,
        incident: engine.ids.next(),
        subject: renderSubject(match.rule, alert),
        attempt: 1,
      };
      const { run, entries } = newRun({
        ...given,
        at,
        life: engine.timing.runLife,
        speed: engine.speed,
        replayOf: of,
        requestedBy: request.by,
        ...(request.mode === 'plan' ? { mode: 'plan' as const } : {}),
        ...followed(replayed),
      });
      const acted: JournalEntry = {
        type: 'person-acted',
        run: run.id,
        rule: run.rule,
        data: { kind: 'replay', by: request.by, of, mode: request.mode, reason: request.reason ?? '' },
      };
      made.push({ run, entries: [...entries, acted] });
    }
  }
  await engine.keepRules();
  const created = await engine.store.createRuns(made);
  await dispatchRuns(
    engine,
    created.map((id) => ({ id, sequence: 0, urgency: 'normal' as const })),
  );
  return { notification: of, runs: [...created] };
}

async function alertsToReplay(
  engine: Engine,
  sourceNamed: (name: string) => AlertSource,
  { webhook, source, notification, run: runId, ...request }: ReplayRequest,
): Promise<{ alerts: readonly Alert[]; of: string; rule?: string; replayed?: Run }> {
  if (runId !== undefined) {
    const stored = await engine.store.run(runId);
    if (stored === undefined) throw new FixpointError('run.unknown', `there is no run ${runId}`);
    if (request.mode === 'real') assertRunWithin(stored.run, request);
    return { alerts: [alertOf(stored.run)], of: runId, rule: stored.run.rule, replayed: stored.run };
  }
  // What alerts of any labels would act on is known only when they are planned.
  if (request.within !== undefined && request.mode === 'real')
    throw limited(request, 'they replay runs for real, whose targets are known, and messages as plans');
  if (notification !== undefined) {
    const kept = await engine.store.notification(notification);
    if (kept === undefined) throw new FixpointError('notification.unknown', `notification ${notification} is not kept (any more)`);
    return { alerts: readAlerts(parseWebhookMessage(kept.body), sourceNamed(kept.source), kept.receivedAt), of: notification };
  }
  if (webhook === undefined) throw new FixpointError('request.malformed', 'a replay needs one of webhook, notification or run');
  return { alerts: readAlerts(webhook, sourceNamed(source ?? 'default'), await engine.store.time()), of: engine.ids.next() };
}
