import { jsonAnswer, readJson } from '../answer.ts';
import type { SandboxRequest, SandboxResponse } from '../listen.ts';
import { matchesLabels } from '../query/present-series.ts';
import { parseFilter, SelectorError } from '../query/selector.ts';
import { readPages, type PageBook } from './page-book.ts';
import type { PostedAlert } from './posted-alert.ts';
import { receiver } from './resolved-message.ts';

/** How far in the future Alertmanager puts the end of an alert that is firing. */
const resolveTimeoutMs = 300_000;

interface AlertsApi {
  readonly active: () => readonly PostedAlert[];
  readonly pages: PageBook;
  readonly wallNow: () => number;
}

/** Alertmanager's `/api/v2/alerts`: what was posted by hand and is not over, and calls for a person. */
export function answerAlerts(request: SandboxRequest, api: AlertsApi): SandboxResponse {
  switch (request.method) {
    case 'GET':
      return listAlerts(request.query, api);
    case 'POST': {
      const pages = readPages(readJson(request.body), api.wallNow());
      if (typeof pages === 'string') return jsonAnswer(400, pages);
      api.pages.add(pages);
      return jsonAnswer(200, {});
    }
    default:
      return jsonAnswer(405, { code: 405, message: `method ${request.method} is not allowed, but [GET,POST] are` });
  }
}

function listAlerts(query: URLSearchParams, { active, wallNow }: AlertsApi): SandboxResponse {
  try {
    const matchers = query.getAll('filter').flatMap((text) => parseFilter(text));
    const receivers = query.get('receiver');
    const isReceiver =
      receivers === null || parseFilter(`receiver=~${JSON.stringify(receivers)}`).every(({ matches }) => matches(receiver));
    const areActiveWanted = isReceiver && query.get('active') !== 'false';
    const found = areActiveWanted ? active().filter(({ labels }) => matchesLabels(labels, matchers)) : [];
    return jsonAnswer(
      200,
      found.map((alert) => gettable(alert, wallNow())),
    );
  } catch (error) {
    if (error instanceof SelectorError) return jsonAnswer(400, error.message);
    throw error;
  }
}

function gettable(alert: PostedAlert, now: number): object {
  return {
    annotations: alert.annotations,
    endsAt: new Date(now + resolveTimeoutMs).toISOString(),
    fingerprint: alert.fingerprint,
    receivers: [{ name: receiver }],
    startsAt: new Date(alert.startsAt).toISOString(),
    status: { inhibitedBy: [], mutedBy: [], silencedBy: [], state: 'active' },
    updatedAt: new Date(now).toISOString(),
    generatorURL: '',
    labels: alert.labels,
  };
}
