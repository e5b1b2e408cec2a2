import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/value/duration.ts';
import { formatRate, parseRate } from '../../../src/value/rate.ts';
import { formatTarget, parseTarget, type Target } from '../../../src/value/target.ts';

const dnsLabel = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const dnsName = fc.array(dnsLabel, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));

const target: fc.Arbitrary<Target> = fc.oneof(
  fc.record({ technology: fc.constant('kubernetes' as const), cluster: dnsLabel, namespace: dnsLabel, kind: dnsName, name: dnsName }),
  fc.record({ technology: fc.constant('kubernetes' as const), cluster: dnsLabel, kind: dnsName, name: dnsName }),
  fc.record({ technology: fc.constant('http' as const), host: dnsName, port: fc.integer({ min: 1, max: 65_535 }) }),
  fc.record({ technology: fc.constantFrom('redis' as const, 'postgres' as const), name: dnsName }),
);

describe('what rules are written in is read back as it was', () => {
  it('durations', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (length) => {
        expect(parseDuration(formatDuration(length))).toBe(length);
      }),
    );
  });

  it('rates', () => {
    fc.assert(
      fc.property(fc.record({ count: fc.integer({ min: 0, max: 999_999 }), window: fc.integer({ min: 1, max: 10 ** 10 }) }), (rate) => {
        expect(parseRate(formatRate(rate))).toEqual(rate);
      }),
    );
  });

  it('targets', () => {
    fc.assert(
      fc.property(target, (given) => {
        expect(parseTarget(formatTarget(given))).toEqual(given);
      }),
    );
  });

  it('and hostile names make no target', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const parsed = parseTarget(`kubernetes/default/ns/deployment.apps/${name}`);
        if (parsed !== undefined) expect(formatTarget(parsed)).toMatch(/^kubernetes\/default\/ns\/deployment\.apps\/[a-z0-9.-]+$/);
      }),
    );
  });
});
