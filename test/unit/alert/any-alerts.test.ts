import { describe, expect, it } from 'vitest';
import { readAnyAlerts } from '../../../src/alert/any-alerts.ts';

const labels = { alertname: 'A' };
const annotations = { summary: 's' };
const startsAt = '2026-01-05T09:00:00Z';
const alert = { labels, annotations, startsAt, endsAt: '2026-01-05T09:05:00Z', fingerprint: 'f' };
const ofApi = {
  ...alert,
  status: { state: 'suppressed', silencedBy: ['x'], inhibitedBy: [] },
  receivers: [{ name: 'r' }],
  updatedAt: startsAt,
  generatorURL: '',
};
const ofPrometheus = { labels, annotations, state: 'pending', activeAt: startsAt, value: '1e+00' };

const forms: Readonly<Record<string, unknown>> = {
  'a single alert': alert,
  'a bare list of alerts': [alert],
  'an alert of the API v2': ofApi,
  'the answer of /api/v2/alerts': [ofApi],
  'the answer of /api/v2/alerts/groups': [{ labels: {}, receiver: { name: 'r' }, alerts: [ofApi] }],
  'the answer of the API v1 of Alertmanager': { status: 'success', data: [ofApi] },
  'the answer of /api/v1/alerts of Prometheus': { status: 'success', data: { alerts: [ofPrometheus] } },
  'the answer of /api/v1/rules of Prometheus': {
    status: 'success',
    data: {
      groups: [
        {
          name: 'g',
          rules: [
            { type: 'recording', name: 'r' },
            { type: 'alerting', name: 'A', labels: { severity: 'x' }, alerts: [ofPrometheus] },
          ],
        },
      ],
    },
  },
};

describe('readAnyAlerts', () => {
  it.each(Object.entries(forms))('takes %s for an alert that fires', (_name, body) => {
    const { alerts } = readAnyAlerts(body);
    expect(alerts).toEqual([expect.objectContaining({ labels, annotations, startsAt, status: 'firing' })]);
    expect(alerts[0]).not.toHaveProperty('endsAt');
  });

  it('leaves a webhook message as it is', () => {
    const body = { version: '4', alerts: [{ status: 'resolved', ...alert }] };
    expect(readAnyAlerts(body)).toBe(body);
  });

  it('keeps what a webhook says of an alert on its own', () => {
    expect(readAnyAlerts({ status: 'resolved', ...alert }).alerts).toEqual([{ status: 'resolved', ...alert }]);
  });

  it.each([[null], ['text'], [{}], [{ data: { result: [] } }], [[{ annotations }]], [[null]]])('refuses %j', (body) =>
    expect(() => readAnyAlerts(body)).toThrow(/alerts|labels/),
  );
});
