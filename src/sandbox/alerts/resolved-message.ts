import type { PostedAlert } from './posted-alert.ts';

export const receiver = 'fixpoint';

/** The webhook body, payload version 4, by which Alertmanager tells that one alert is over; `externalUrl` is the sandbox's own. */
export function resolvedMessage(alert: PostedAlert, endsAt: number, externalUrl: string): object {
  const groupLabels = { alertname: alert.labels['alertname'] ?? '' };
  return {
    version: '4',
    groupKey: `{}:{alertname=${JSON.stringify(groupLabels.alertname)}}`,
    truncatedAlerts: 0,
    status: 'resolved',
    receiver,
    groupLabels,
    commonLabels: alert.labels,
    commonAnnotations: alert.annotations,
    externalURL: externalUrl,
    alerts: [
      {
        status: 'resolved',
        labels: alert.labels,
        annotations: alert.annotations,
        startsAt: new Date(alert.startsAt).toISOString(),
        endsAt: new Date(endsAt).toISOString(),
        generatorURL: '',
        fingerprint: alert.fingerprint,
      },
    ],
  };
}
