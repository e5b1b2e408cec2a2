import { describe, expect, it } from 'vitest';
import { rolloutState } from '../../../src/run/rollout.ts';
import type { JsonObject } from '../../../src/value/json.ts';
import { transcripts } from './recording.ts';

interface Seen {
  readonly where: string;
  readonly object: JsonObject;
}

/** Every state of a workload that any watch has recorded. */
const seen: readonly Seen[] = transcripts().flatMap(({ file, watch }) =>
  watch.flatMap(({ name, events }) =>
    events
      .filter(({ object }) => ['Deployment', 'StatefulSet', 'DaemonSet'].includes(object.kind))
      .map(({ object }, index) => ({ where: `${file} ${name} event ${index}`, object: object as unknown as JsonObject })),
  ),
);

const numbers = (object: JsonObject, part: 'spec' | 'status') => (object[part] ?? {}) as Readonly<Record<string, number | undefined>>;

describe('the state of a rollout, over all recorded states', () => {
  it('sees enough of them', () => {
    expect(seen.length).toBeGreaterThan(50);
    expect(new Set(seen.map(({ object }) => rolloutState(object, 0).settled))).toEqual(new Set([true, false, 'failed']));
  });

  it('a Deployment is settled exactly when fact 1 says so', () => {
    for (const { where, object } of seen.filter(({ object: { kind } }) => kind === 'Deployment')) {
      const { generation = 0 } = object['metadata'] as { generation?: number };
      const { replicas: wanted = 1 } = numbers(object, 'spec');
      const { observedGeneration = 0, updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = numbers(object, 'status');
      const isComplete =
        observedGeneration >= generation &&
        updatedReplicas === wanted &&
        replicas === updatedReplicas &&
        availableReplicas === updatedReplicas;
      expect(rolloutState(object, generation).settled === true, where).toBe(isComplete);
    }
  });

  it('no later generation than was seen is ever settled', () => {
    for (const { where, object } of seen) {
      const { observedGeneration = 0 } = numbers(object, 'status');
      expect(rolloutState(object, observedGeneration + 1).settled, where).toBe(false);
    }
  });

  it('a workload with pods that are not ready is never settled', () => {
    for (const { where, object } of seen) {
      const { readyReplicas = 0, numberReady = 0, desiredNumberScheduled = 0 } = numbers(object, 'status');
      const { replicas: wanted = 1 } = numbers(object, 'spec');
      const isShort = object['kind'] === 'DaemonSet' ? numberReady < desiredNumberScheduled : readyReplicas < wanted;
      if (isShort) expect(rolloutState(object, 0).settled, where).not.toBe(true);
    }
  });

  it('every recorded rollout of a StatefulSet and a DaemonSet that ended is settled at its end', () => {
    for (const kind of ['StatefulSet', 'DaemonSet']) {
      const ends = transcripts().flatMap(({ file, watch }) =>
        file.startsWith('05b')
          ? []
          : watch.flatMap(({ name, events }) => {
              const last = events.findLast(({ object }) => object.kind === kind);
              return last === undefined ? [] : [{ where: `${file} ${name}`, object: last.object }];
            }),
      );
      expect(ends.length).toBeGreaterThan(0);
      for (const { where, object } of ends) expect(rolloutState(object, 0), where).toEqual({ settled: true });
    }
  });
});
