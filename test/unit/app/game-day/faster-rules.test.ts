import { describe, expect, it } from 'vitest';
import { fasterRules, scrapeInterval } from '../../../../src/app/game-day/faster-rules.ts';
import { shippedPrometheusRules } from '../../../../src/app/game-day/shipped-files.ts';

const rules = `groups:
  - name: a
    interval: 15s
    rules:
      - record: r
        expr: sum(rate(x_total[5m])) / 15
      - alert: A
        expr: r > 0.5
        for: 1h
`;

describe('fasterRules', () => {
  it('divides for, interval, ranges and rates, and nothing else', () => {
    expect(fasterRules(rules, 20)).toBe(
      rules
        .replace('interval: 15s', 'interval: 750ms')
        .replace('rate(x_total[5m])', '(rate(x_total[15s]) / 20)')
        .replace('for: 1h', 'for: 3m'),
    );
  });

  it('leaves rules alone at real speed', () => {
    expect(fasterRules(rules, 1)).toBe(rules);
  });

  it('keeps everything at a scrape at least, and ranges at four', () => {
    const scrape = scrapeInterval(1000);
    expect(scrape).toBe(500);
    expect(fasterRules('for: 30s', 1000)).toBe('for: 500ms');
    expect(fasterRules('expr: rate(x[1m])', 1000)).toBe('expr: (rate(x[2s]) / 1000)');
  });

  it('finds something to make faster in every shipped file', () => {
    const files = [...shippedPrometheusRules()];
    expect(files.length).toBeGreaterThan(2);
    expect(files.filter(([, text]) => fasterRules(text, 20) === text).map(([name]) => name)).toEqual([]);
  });
});
