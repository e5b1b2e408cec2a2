import { describe, expect, it } from 'vitest';
import { rehearsalConfig } from '../../../src/config/load.ts';

const example = new URL('../../../fixpoint.example.yaml', import.meta.url).pathname;

describe('rehearsalConfig', () => {
  it('reads a file and none of its secrets', () => {
    const config = rehearsalConfig({ file: example });
    expect(config.sources.map(({ name }) => name)).toEqual(['default']);
    expect(config.auth.tokens.map(({ token }) => token?.().reveal())).toEqual([
      'http://secret.test/secrets%2Fdashboard-token',
      'http://secret.test/secrets%2Fon-call-token',
    ]);
  });

  it('takes no flags and no environment', () => {
    process.env['FIXPOINT_RULES'] = '/elsewhere';
    try {
      const { rules, pausedByEnvironment } = rehearsalConfig({ content: {}, folder: '/' });
      expect({ rules: rules.endsWith('/rules') && rules !== '/elsewhere', pausedByEnvironment }).toEqual({
        rules: true,
        pausedByEnvironment: undefined,
      });
    } finally {
      delete process.env['FIXPOINT_RULES'];
    }
  });

  it('tells what is wrong with it', () => {
    expect(() =>
      rehearsalConfig({
        content: { sources: { a: { credentials: [], evidence: 'api', labels: {}, tombstone: '6m', heartbeatWithin: '15m' } } },
        folder: '/',
      }),
    ).toThrow('sources.a: evidence: api needs alertmanager');
    expect(() => rehearsalConfig({ file: '/none.yaml' })).toThrow('/none.yaml: there is no such file');
  });
});
