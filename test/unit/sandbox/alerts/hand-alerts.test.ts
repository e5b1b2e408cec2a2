import { describe, expect, it } from 'vitest';
import { HandAlerts } from '../../../../src/sandbox/alerts/hand-alerts.ts';
import type { PostedAlert } from '../../../../src/sandbox/alerts/posted-alert.ts';
import { ManualClock } from '../../../../src/sandbox/clock.ts';

const alert: PostedAlert = { platform: 'p', fingerprint: 'f', labels: { alertname: 'A' }, annotations: {}, startsAt: 1000 };

function ward({ isKnown = true, refusals = 0 } = {}) {
  const clock = new ManualClock(0);
  const state = { isUnwell: false, falls: 0, refusals };
  const resolved: PostedAlert[] = [];
  const known = {
    fault: 'fault',
    isUnwell: () => state.isUnwell,
    fallIll: () => {
      state.isUnwell = true;
      state.falls += 1;
    },
  };
  const alerts = new HandAlerts({
    clock,
    find: () => (isKnown ? known : undefined),
    resolved: async (over) => {
      state.refusals -= 1;
      if (state.refusals >= 0) throw new Error('refused');
      resolved.push(over);
    },
  });
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      clock.advance(1000);
      alerts.step();
      await Promise.resolve();
      await Promise.resolve();
    }
  };
  return { alerts, state, resolved, pass };
}

describe('HandAlerts', () => {
  it('makes the patient ill and ends the alert once it has been well for a few seconds', async () => {
    const { alerts, state, resolved, pass } = ward();
    alerts.post(alert);
    await pass(100);
    expect(state.falls).toBe(1);
    expect(alerts.active()).toEqual([alert]);

    state.isUnwell = false;
    await pass(3);
    expect(resolved).toEqual([]);
    await pass(4);
    expect(resolved).toEqual([alert]);
    expect(alerts.active()).toEqual([]);
  });

  it('counts the seconds from the last time the patient was unwell', async () => {
    const { alerts, state, resolved, pass } = ward();
    alerts.post(alert);
    state.isUnwell = false;
    await pass(4);
    state.isUnwell = true;
    await pass(1);
    state.isUnwell = false;
    await pass(4);

    expect(resolved).toEqual([]);
  });

  it('adds no fault to a patient that is ill already, nor for a repetition', async () => {
    const { alerts, state, pass } = ward();
    state.isUnwell = true;
    alerts.post(alert);
    await pass(1);
    state.isUnwell = false;
    alerts.post({ ...alert, startsAt: 9000, annotations: { summary: 'again' } });

    expect(state.falls).toBe(0);
    expect(alerts.active()).toEqual([{ ...alert, annotations: { summary: 'again' } }]);
  });

  it('brings the fault again when the same alert comes after recovery', async () => {
    const { alerts, state, resolved, pass } = ward();
    for (const round of [1, 2]) {
      alerts.post({ ...alert, startsAt: round });
      expect(state).toMatchObject({ falls: round, isUnwell: true });
      state.isUnwell = false;
      await pass(8);
    }

    expect(resolved.map(({ startsAt }) => startsAt)).toEqual([1, 2]);
  });

  it('tells again until it is heard, once', async () => {
    const { alerts, state, resolved, pass } = ward({ refusals: 3 });
    alerts.post(alert);
    state.isUnwell = false;
    await pass(8);
    expect(resolved).toEqual([]);
    await pass(200);

    expect(resolved).toEqual([alert]);
  });

  it('stops telling that it is over when the alert comes again', async () => {
    const { alerts, state, resolved, pass } = ward({ refusals: 2 });
    alerts.post(alert);
    state.isUnwell = false;
    await pass(8);
    alerts.post({ ...alert, startsAt: 2000 });
    await pass(500);

    expect(state.isUnwell).toBe(true);
    expect(resolved).toEqual([]);
  });

  it('keeps an alert that nobody knows', async () => {
    const { alerts, resolved, pass } = ward({ isKnown: false });
    alerts.post(alert);
    await pass(1000);

    expect(alerts.active()).toEqual([alert]);
    expect(alerts.isSettled()).toBe(true);
    expect(resolved).toEqual([]);
  });
});
