import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { platform, SafetyWard } from './safety-acts.ts';

let ward: SafetyWard;

beforeEach(() => {
  ward = new SafetyWard();
});

afterEach(() => ward.sandbox.close());

interface Case {
  readonly fault: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly selector: string;
  readonly isFiring: (value: number) => boolean;
  /** How long the cure takes to show, in seconds. */
  readonly takes: number;
  readonly cure: () => Promise<unknown> | void;
  readonly wrongCures: Readonly<Record<string, () => Promise<unknown> | void>>;
}

const pending = (stream: string) => `redis_stream_pending{stream="${stream}"}`;

const cases: readonly Case[] = [
  {
    fault: 'high-screening-latency',
    selector: 'safety:screening_duration_ms:p99',
    isFiring: (value) => value > 200,
    takes: 40,
    cure: () => ward.raiseFloor(10),
    wrongCures: {
      'a restart': () => ward.restartOf('risk-screening'),
      'one pod more': () => ward.raiseFloor(4),
      'another service scaled': () => ward.scaleOf('reasoning', 12),
    },
  },
  {
    fault: 'queue-backlog',
    selector: pending('events:raw'),
    isFiring: (value) => value > 10_000,
    takes: 240,
    cure: () => ward.raiseFloor(12),
    wrongCures: {
      'one pod more': () => ward.raiseFloor(4),
      'a restart': () => ward.restartOf('risk-screening'),
      'the other consumer scaled': () => ward.scaleOf('reasoning', 12),
    },
  },
  {
    fault: 'queue-backlog',
    labels: { stream: 'events:reasoning_queue' },
    selector: pending('events:reasoning_queue'),
    isFiring: (value) => value > 10_000,
    takes: 240,
    cure: () => ward.scaleOf('reasoning', 12),
    wrongCures: { 'a restart': () => ward.restartOf('reasoning'), 'the other consumer scaled': () => ward.raiseFloor(12) },
  },
  {
    fault: 'consumer-hung',
    labels: { stream: 'events:raw' },
    selector: pending('events:raw'),
    isFiring: (value) => value > 10_000,
    takes: 240,
    cure: () => ward.restartOf('risk-screening'),
    wrongCures: { 'more pods': () => ward.raiseFloor(12), 'a restart of the other consumer': () => ward.restartOf('reasoning') },
  },
  {
    fault: 'llm-provider-down',
    selector: 'safety:reasoning_duration_ms:p95',
    isFiring: (value) => value > 5000,
    takes: 10,
    cure: () => ward.switchTo('fallback'),
    wrongCures: {
      'a restart': () => ward.restartOf('reasoning'),
      'more pods': () => ward.scaleOf('reasoning', 9),
      'the same provider again': () => ward.switchTo('primary'),
    },
  },
  {
    fault: 'false-positives',
    selector: 'safety_false_positive_rate',
    isFiring: (value) => value > 0.1,
    takes: 40,
    cure: () => ward.setImage('risk-screening', 'safety/risk-screening:3.2.0'),
    wrongCures: { 'a restart': () => ward.restartOf('risk-screening'), 'more pods': () => ward.raiseFloor(9) },
  },
  {
    fault: 'service-not-starting',
    labels: { deployment: 'session-manager' },
    selector: 'kube_deployment_status_replicas_unavailable{deployment="session-manager"}',
    isFiring: (value) => value > 0,
    takes: 40,
    cure: () => ward.setImage('session-manager', 'safety/session-manager:2.8.1'),
    wrongCures: { 'a restart': () => ward.restartOf('session-manager'), 'more pods': () => ward.scaleOf('session-manager', 4) },
  },
  {
    fault: 'actions-failing',
    selector: 'safety:actions_failed:rate',
    isFiring: (value) => value > 0.1,
    takes: 40,
    cure: () => ward.restartOf('action-executor'),
    wrongCures: {
      'more pods': () => ward.scaleOf('action-executor', 6),
      'a restart of another service': () => ward.restartOf('reasoning'),
    },
  },
  {
    fault: 'ingestion-scaled-in',
    selector: 'kube_deployment_status_replicas_available{deployment="event-ingestion"}',
    isFiring: (value) => value < 3,
    takes: 40,
    cure: () => ward.scaleOf('event-ingestion', 3),
    wrongCures: { 'a restart': () => ward.restartOf('event-ingestion'), 'one pod': () => ward.scaleOf('event-ingestion', 2) },
  },
];

describe.each(cases)('$fault $labels', ({ fault, labels = {}, selector, isFiring, takes, cure, wrongCures }) => {
  async function firing(): Promise<boolean> {
    const values = await ward.query(selector);
    expect(values).toHaveLength(1);
    return values.every(isFiring);
  }

  it('shows, and does not before', async () => {
    expect(await firing()).toBe(false);
    expect(await ward.isUnwell(platform)).toBe(false);
    expect(ward.sandbox.inject(platform, fault, labels)).toBe(true);
    await ward.pass(20);

    expect(await firing()).toBe(true);
    await ward.pass(600);
    expect(await firing()).toBe(true);
    expect(await ward.isUnwell(platform)).toBe(true);
  });

  it('is cured by its true cure and stays so', async () => {
    ward.sandbox.inject(platform, fault, labels);
    await ward.pass(20);
    await cure();
    await ward.pass(takes);

    expect(await firing()).toBe(false);
    await ward.pass(900);
    expect(await firing()).toBe(false);
    expect(await ward.isUnwell(platform)).toBe(false);
  });

  it.each(Object.entries(wrongCures))('is not cured by %s', async (_name, act) => {
    ward.sandbox.inject(platform, fault, labels);
    await ward.pass(20);
    await act();
    await ward.pass(takes + 60);

    expect(await firing()).toBe(true);
  });

  it('has a stubborn twin that nothing cures', async () => {
    ward.sandbox.inject(platform, `${fault}-stubborn`, labels);
    await ward.pass(20);
    for (const act of [cure, ...Object.values(wrongCures)]) {
      await act();
      await ward.pass(takes + 60);
      expect(await firing()).toBe(true);
    }
  });

  it('can be healed by hand', async () => {
    ward.sandbox.inject(platform, `${fault}-stubborn`, labels);
    await ward.pass(20);
    ward.sandbox.heal(platform);
    await ward.pass(30);

    expect(await firing()).toBe(false);
    expect(await ward.isUnwell(platform)).toBe(false);
  });
});
