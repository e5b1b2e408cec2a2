import { setTimeout as delay } from 'node:timers/promises';
import { parseDuration } from '../../value/duration.ts';
import { askJson } from './game-day-api.ts';
import type { GameDay } from './game-day.ts';
import { shippedAlerts } from './shipped-files.ts';

interface Posting {
  readonly platform: string;
  readonly alerts: readonly string[];
  readonly signal: AbortSignal;
  readonly posted: (alert: string) => void;
}

/** In place of a Prometheus: each alert is posted once its `for` is over, with the labels of its rule and of the fault. */
export async function postAlerts(day: GameDay, { platform, alerts, signal, posted }: Posting): Promise<void> {
  const { faults } = await day.patient(platform);
  const own = faults.at(-1)?.labels ?? {};
  const shipped = shippedAlerts().filter(({ alert, labels }) => labels['platform'] === platform && alerts.includes(alert));
  try {
    await Promise.all(
      shipped.map(async ({ alert, for: waits, labels }) => {
        await delay((parseDuration(waits) ?? 0) / day.surroundings.speed, undefined, { signal });
        const body = { version: '4', alerts: [{ status: 'firing', labels: { alertname: alert, ...labels, ...own } }] };
        await askJson(`${day.service.url}/api/v1/webhook/${platform}`, { method: 'POST', body });
        posted(alert);
      }),
    );
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
