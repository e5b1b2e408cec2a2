import { askJson } from './game-day-api.ts';

/** One alert that is pending or fires. Times are ms since the epoch. */
export interface AlertState {
  readonly alertname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  /** Since when its expression holds. */
  readonly activeAt: number;
  /** When its rule was looked at last. */
  readonly evaluatedAt: number;
}

export interface AlertRule {
  readonly alertname: string;
  readonly expression: string;
}

interface RulesAnswer {
  readonly data: {
    readonly groups: readonly {
      readonly rules: readonly {
        readonly name: string;
        readonly query: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly lastEvaluation?: string;
        readonly alerts?: readonly {
          readonly labels: Readonly<Record<string, string>>;
          readonly state: string;
          readonly activeAt?: string;
        }[];
      }[];
    }[];
  };
}

/** What a real Prometheus says of the alerts of one platform. */
export async function alertsOf(
  prometheusUrl: string,
  platform: string,
): Promise<{ rules: readonly AlertRule[]; states: readonly AlertState[] }> {
  const { data } = await askJson<RulesAnswer>(`${prometheusUrl}/api/v1/rules?type=alert`);
  const rules = data.groups.flatMap((group) => group.rules).filter(({ labels }) => labels?.['platform'] === platform);
  return {
    rules: rules.map(({ name, query }) => ({ alertname: name, expression: query })),
    states: rules.flatMap(({ name, alerts = [], lastEvaluation }) =>
      alerts.flatMap(({ labels, state, activeAt }): AlertState[] =>
        state === 'pending' || state === 'firing'
          ? [{ alertname: name, labels, state, activeAt: timeOf(activeAt), evaluatedAt: timeOf(lastEvaluation) }]
          : [],
      ),
    ),
  };
}

/** The values of an instant query, by the real Prometheus or the sandbox; none where it cannot answer. */
export async function valuesOf(prometheusUrl: string, query: string): Promise<readonly number[]> {
  try {
    const { data } = await askJson<{ data: { result: readonly { value: readonly [number, string] }[] } }>(
      `${prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`,
    );
    return data.result.map(({ value }) => Number(value[1].replace('Inf', 'Infinity')));
  } catch {
    return [];
  }
}

/** Resolves when Prometheus has looked at every service and knows where to send alerts. */
export async function isWatching(prometheusUrl: string): Promise<boolean> {
  const { data } = await askJson<{ data: { activeTargets: readonly { lastScrape: string; health: string }[] } }>(
    `${prometheusUrl}/api/v1/targets?state=active`,
  );
  const { data: known } = await askJson<{ data: { activeAlertmanagers: readonly unknown[] } }>(`${prometheusUrl}/api/v1/alertmanagers`);
  const isScraped = data.activeTargets.length > 0 && data.activeTargets.every(({ health }) => health !== 'unknown');
  return isScraped && known.activeAlertmanagers.length > 0;
}

function timeOf(text: string | undefined): number {
  return text === undefined ? 0 : Date.parse(text);
}
