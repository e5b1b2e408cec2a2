import { describe, expect, it } from 'vitest';
import type { AlertState } from '../../../../src/app/game-day/alert-states.ts';
import { AlertNarrator, WebhookNarrator, type Sighting } from '../../../../src/app/game-day/narrators.ts';

function state(change: Partial<AlertState> = {}): AlertState {
  const labels = { alertname: 'Down', platform: 'p', namespace: 'n', severity: 'critical', model: 'a' };
  return { alertname: 'Down', labels, state: 'pending', activeAt: 1, evaluatedAt: 5, ...change };
}

describe('what is seen of alerts', () => {
  it('is told once each: pending, firing, over', () => {
    const told: Sighting[] = [];
    const narrator = new AlertNarrator((sighting) => void told.push(sighting));
    narrator.look([state()], 2);
    narrator.look([state({ evaluatedAt: 6 })], 3);
    narrator.look([state({ state: 'firing', evaluatedAt: 7 })], 8);
    narrator.look([state({ state: 'firing', evaluatedAt: 9 })], 10);
    narrator.look([], 11);
    narrator.look([], 12);
    expect(told).toEqual([
      { at: 1, kind: 'alert', text: 'Down{model="a"} is pending' },
      { at: 7, kind: 'alert', text: 'Down{model="a"} fires' },
      { at: 11, kind: 'alert', text: 'Down{model="a"} is over' },
    ]);
  });

  it('tells two of a name apart', () => {
    const told: string[] = [];
    const narrator = new AlertNarrator(({ text }) => void told.push(text));
    narrator.look([state({ state: 'firing' }), state({ state: 'firing', labels: { alertname: 'Down', model: 'b' } })], 2);
    expect(told.filter((text) => text.endsWith('fires'))).toEqual(['Down{model="a"} fires', 'Down{model="b"} fires']);
  });
});

describe('what is seen of webhooks', () => {
  it('is told once each, oldest first', () => {
    const told: string[] = [];
    const narrator = new WebhookNarrator(({ text }) => void told.push(text));
    const first = { id: 'n1', source: 'default', receivedAt: '2026-11-25T19:00:00Z', alerts: 1 };
    narrator.look([{ ...first, id: 'n2', alerts: 2 }, first]);
    narrator.look([first]);
    expect(told).toEqual(['1 alert arrived at default, notification n1', '2 alerts arrived at default, notification n2']);
  });
});
