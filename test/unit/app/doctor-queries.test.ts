import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/actions/catalogue.ts';
import { createPrometheus } from '../../../src/adapters/prometheus/client.ts';
import { examineQueries } from '../../../src/app/doctor/examine-queries.ts';
import type { Config, SourceConfig } from '../../../src/config/config.ts';
import { FixpointError } from '../../../src/errors.ts';
import type { Prometheus } from '../../../src/ports/prometheus.ts';
import { shippedRules } from '../../support/shipped-rules.ts';

const rules = shippedRules();
const signal = new AbortController().signal;
const plain = (name: string): SourceConfig => ({ name, credentials: [], evidence: 'receipt', labels: {}, tombstone: 1 });
const having = (name: string): SourceConfig => ({ ...plain(name), prometheus: { url: 'http://prometheus:9090' } });
const nowhere = createPrometheus({ find: () => undefined });
const full: Prometheus = { query: async () => [{ labels: {}, at: 0, value: 1 }] };
const silent: Prometheus = { query: () => Promise.reject(new FixpointError('prometheus.unavailable', 'POST /api/v1/query: ECONNREFUSED')) };

async function wrong(config: Partial<Pick<Config, 'sources' | 'prometheus'>>, prometheus: Prometheus) {
  const findings = await examineQueries({
    rules,
    actions,
    config: { sources: [], prometheus: new Map(), ...config },
    prometheus,
    signal,
  });
  return findings.flatMap((finding) =>
    finding.verdict === 'ok' ? [] : [`${finding.about} ${finding.verdict}: ${finding.message} → ${finding.fix}`],
  );
}

const many = String.raw`\d{2,} queries of \d{2,} rules cannot be asked`;

describe('the queries of the shipped rules', () => {
  it('are one problem where no Prometheus is configured', async () => {
    expect(await wrong({}, nowhere)).toEqual([
      expect.stringMatching(
        `^prometheus problem: no Prometheus is configured: ${many} → name its address under prometheus.default.url in fixpoint.yaml$`,
      ),
    ]);
  });

  it('are one problem for each source without Prometheus', async () => {
    expect(await wrong({ sources: [plain('a'), plain('b')] }, nowhere)).toEqual(
      ['a', 'b'].map((name) =>
        expect.stringMatching(
          `^sources.${name} problem: source ${name} has no prometheus: ${many} → name its address under sources.${name}.prometheus, or one for all sources under prometheus.default.url, in fixpoint.yaml$`,
        ),
      ),
    );
  });

  it('are a warning for a source without Prometheus where another has one', async () => {
    expect(await wrong({ sources: [plain('a'), having('b')] }, full)).toEqual([
      expect.stringMatching(`^sources.a warning: source a has no prometheus: ${many} for its alerts → `),
    ]);
    expect(await wrong({ sources: [plain('a')], prometheus: new Map([['default', { url: 'http://prometheus:9090' }]]) }, full)).toEqual([]);
  });

  it('are one problem for each Prometheus that does not answer', async () => {
    const fix = (path: string) => `see whether Prometheus runs, and whether ${path} in fixpoint.yaml is right`;
    expect(await wrong({ sources: [having('a')] }, silent)).toEqual([
      expect.stringMatching(`^sources.a.prometheus problem: POST /api/v1/query: ECONNREFUSED: ${many} → ${fix('sources.a.prometheus')}$`),
    ]);
    expect(await wrong({ prometheus: new Map([['default', { url: 'http://prometheus:9090' }]]) }, silent)).toEqual([
      expect.stringMatching(`^prometheus.default problem: .*${many} → ${fix('prometheus.default')}$`),
    ]);
  });
});
