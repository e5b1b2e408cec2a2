import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isPlainMessage } from '../../../src/alert/plain-message.ts';
import { parseWebhookMessage, WebhookMessage } from '../../../src/alert/webhook-message.ts';
import { FixpointError } from '../../../src/errors.ts';

const folder = new URL('../../fixtures/alertmanager/', import.meta.url);
const fixture = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const bodies = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.includes('custom-payload'));

function problemOf(body: unknown): string {
  try {
    parseWebhookMessage(body);
  } catch (error) {
    expect(error).toBeInstanceOf(FixpointError);
    expect((error as FixpointError).code).toBe('webhook.malformed');
    return (error as FixpointError).message;
  }
  throw new Error('the body was accepted');
}

const alert = { status: 'firing', labels: { alertname: 'A' } };

describe('parseWebhookMessage', () => {
  it('sees bodies of several versions', () => expect(bodies.length).toBeGreaterThanOrEqual(6));

  it.each(bodies)('accepts %s without copying it', (name) => {
    const body = fixture(name);
    expect(parseWebhookMessage(body)).toBe(body);
    expect(WebhookMessage.safeParse(body).success).toBe(true);
  });

  it('accepts a body with nothing but alerts, and an alert without status', () => {
    expect(parseWebhookMessage({ alerts: [{ labels: { alertname: 'A' } }] }).alerts).toHaveLength(1);
  });

  it('accepts null where a field has nothing to say', () => {
    expect(parseWebhookMessage({ version: '4', groupLabels: null, alerts: [{ ...alert, annotations: null }] }).alerts).toHaveLength(1);
  });

  it('accepts a message without alerts', () => expect(parseWebhookMessage({ version: '4', alerts: [] }).alerts).toEqual([]));

  it.each([
    [{ version: '3', alerts: [] }, 'version is "3"; only payload version "4" is understood'],
    [{ version: '4', alerts: [{ status: 'firing', labels: {} }] }, 'alerts[0].labels has no labels'],
    [{ version: '4', alerts: [alert, { status: 'firing' }] }, 'alerts[1].labels is missing; expected an object'],
    [
      { version: '4', alerts: [{ ...alert, labels: { alertname: 'A', severity: 5 } }] },
      'alerts[0].labels.severity is 5; expected a string',
    ],
    [{ version: '4', alerts: [{ ...alert, status: 'suppressed' }] }, 'alerts[0].status is "suppressed"; expected "firing" or "resolved"'],
    [{ version: '4', alerts: {} }, 'alerts is an object; expected an array'],
    [{ version: '4', alert: [] }, 'the body has no "alerts" (it has "alert")'],
    [[alert], 'API v2'],
    ['x', 'the body is "x"'],
    [null, 'the body is null'],
    [fixture('constructed-0.32-custom-payload.json'), 'custom `payload`'],
  ])('refuses %j and says why', (body, message) => expect(problemOf(body)).toContain(message));

  it('says the first problems of many, short', () => {
    const message = problemOf({ alerts: Array.from({ length: 10_000 }, () => ({ labels: { a: 'x'.repeat(1000), b: 1 } })) });
    expect(message).toContain('and 9995 more');
    expect(message.length).toBeLessThan(1000);
  });

  it('looks through ordinary bodies without zod', () => {
    expect(isPlainMessage(fixture('0.25-firing.json'))).toBe(true);
    expect(isPlainMessage({ version: '4', alerts: [{ ...alert, labels: {} }] })).toBe(false);
  });
});
