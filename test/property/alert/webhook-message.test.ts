import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { isPlainMessage } from '../../../src/alert/plain-message.ts';
import { WebhookMessage } from '../../../src/alert/webhook-message.ts';

const wild = fc.oneof(
  fc.constantFrom(undefined, null, '4', '3', 'firing', 'resolved', '', 0, 5, true, Number.NaN),
  fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()), { maxKeys: 2 }),
  fc.array(fc.string(), { maxLength: 2 }),
);
const labels = fc.oneof({ weight: 5, arbitrary: fc.dictionary(fc.string(), fc.string(), { minKeys: 1, maxKeys: 3 }) }, wild);
const text = fc.oneof({ weight: 5, arbitrary: fc.string() }, wild);
const alert = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        status: fc.oneof({ weight: 5, arbitrary: fc.constantFrom('firing', 'resolved') }, wild),
        labels,
        annotations: labels,
        startsAt: text,
        endsAt: text,
        generatorURL: text,
        fingerprint: text,
      },
      { requiredKeys: ['status', 'labels'] },
    ),
  },
  wild,
);
const body = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        version: fc.oneof({ weight: 8, arbitrary: fc.constant('4') }, wild),
        alerts: fc.oneof({ weight: 8, arbitrary: fc.array(alert, { maxLength: 3 }) }, wild),
        receiver: text,
        status: text,
        groupKey: text,
        externalURL: text,
        truncatedAlerts: fc.oneof(fc.integer(), wild),
        groupLabels: labels,
        commonLabels: labels,
        commonAnnotations: labels,
      },
      { requiredKeys: ['version', 'alerts'] },
    ),
  },
  wild,
);

describe('isPlainMessage', () => {
  it('never accepts what the schema refuses', () => {
    let accepted = 0;
    fc.assert(
      fc.property(body, (given) => {
        if (!isPlainMessage(given)) return true;
        accepted++;
        return WebhookMessage.safeParse(given).success;
      }),
      { numRuns: 5000 },
    );
    if (accepted < 50) throw new Error(`only ${accepted} bodies were accepted: the test saw too little`);
  });
});
