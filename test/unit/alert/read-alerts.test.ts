import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../src/alert/fingerprint.ts';
import { readAlerts, type AlertSource } from '../../../src/alert/read-alerts.ts';
import { parseTimestamp } from '../../../src/alert/timestamp.ts';
import { parseWebhookMessage, type WebhookMessage } from '../../../src/alert/webhook-message.ts';

const source: AlertSource = { name: 'main', labelsFor: () => ({}) };
const receivedAt = Date.UTC(2026, 10, 21);
const message = (...alerts: unknown[]): WebhookMessage => parseWebhookMessage({ version: '4', alerts });
const fixture = (name: string): WebhookMessage =>
  parseWebhookMessage(JSON.parse(readFileSync(new URL(`../../fixtures/alertmanager/${name}`, import.meta.url), 'utf8')));

describe('readAlerts', () => {
  it('decides per alert, never by the group', () => {
    const [resolved, firing] = readAlerts(fixture('0.25-firing-and-resolved.json'), source, receivedAt);
    expect(resolved).toMatchObject({ source: 'main', status: 'resolved', endsAt: Date.UTC(2026, 10, 21, 11, 44, 47, 693) });
    expect(firing).toMatchObject({ status: 'firing', startsAt: Date.UTC(2026, 10, 21, 11, 43, 45, 182) });
    expect(firing).not.toHaveProperty('endsAt');
  });

  it.each(['0.25-firing.json', '0.25-truncated.json'])('computes the fingerprints that Alertmanager itself put into %s', (name) => {
    const recorded = fixture(name);
    const bare = { ...recorded, alerts: recorded.alerts.map(({ fingerprint: _given, ...alert }) => alert) };
    expect(readAlerts(bare, source, receivedAt).map((alert) => alert.fingerprint)).toEqual(
      recorded.alerts.map((alert) => alert.fingerprint),
    );
  });

  it('adds the labels of the source only where the alert lacks them, and never to the fingerprint', () => {
    const adding: AlertSource = {
      name: 'main',
      labelsFor: ({ alertname }) => ({ platform: `of ${alertname}`, severity: 'info', team: 'ml' }),
    };
    const [alert] = readAlerts(message({ labels: { alertname: 'A', severity: 'critical', team: '' } }), adding, receivedAt);
    expect(alert?.labels).toEqual({ alertname: 'A', severity: 'critical', platform: 'of A', team: 'ml' });
    expect(alert?.fingerprint).toBe(fingerprint({ alertname: 'A', severity: 'critical', team: '' }));
  });

  it('takes firing, the time of receipt and no annotations where nothing is said', () => {
    const [alert] = readAlerts(message({ labels: { alertname: 'A' } }), source, receivedAt);
    expect(alert).toEqual({
      source: 'main',
      fingerprint: fingerprint({ alertname: 'A' }),
      status: 'firing',
      labels: { alertname: 'A' },
      annotations: {},
      startsAt: receivedAt,
    });
  });

  it('takes the time of receipt for a start it cannot read', () => {
    expect(readAlerts(message({ labels: { a: 'b' }, startsAt: 'yesterday' }), source, receivedAt)[0]?.startsAt).toBe(receivedAt);
  });
});

describe('fingerprint', () => {
  it.each([
    [{}, 'cbf29ce484222325'],
    // prometheus/common, model/signature_test.go: 5799056148416392346.
    [{ name: 'garland, briggs', fear: 'love is not enough' }, '507a62d79ee76c9a'],
  ])('of %j is %s', (labels, expected) => expect(fingerprint(labels)).toBe(expected));

  it('does not depend on the order of labels', () => expect(fingerprint({ b: '1', a: '2' })).toBe(fingerprint({ a: '2', b: '1' })));
});

describe('parseTimestamp', () => {
  it.each([
    ['2026-11-21T11:43:45Z', Date.UTC(2026, 10, 21, 11, 43, 45)],
    ['2026-11-21T12:43:45.182345678+01:00', Date.UTC(2026, 10, 21, 11, 43, 45, 182)],
    ['2026-11-21T06:13:45.9-05:30', Date.UTC(2026, 10, 21, 11, 43, 45, 900)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ])('reads %s', (text, expected) => expect(parseTimestamp(text)).toBe(expected));

  it.each(['0001-01-01T00:00:00Z', '', '2026-11-21', '2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2026-11-21T11:43:45', '1700000000'])(
    'has no time for %j',
    (text) => {
      expect(parseTimestamp(text)).toBeUndefined();
    },
  );
});
