import { expect, it } from 'vitest';
import { urgencyOf } from '../../../src/value/urgency.ts';

it.each([
  [{ severity: 'critical' }, undefined, 'critical'],
  [{ severity: 'warning' }, 'critical', 'normal'],
  [{ severity: 'critical' }, 'warning', 'critical'],
  [{}, 'critical', 'critical'],
  [{ severity: '' }, 'critical', 'critical'],
  [{}, 'warning', 'normal'],
  [{}, undefined, 'normal'],
])('an alert with %j whose rule says %s is %s', (...[labels, severity, expected]) => {
  expect(urgencyOf({ alert: { labels }, ...(severity === undefined ? {} : { severity }) })).toBe(expected);
});
