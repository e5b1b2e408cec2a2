import { describe, expect, it } from 'vitest';
import { parseMatchers } from '../../../src/alert/matcher.ts';
import { examineHeartbeats } from '../../../src/app/doctor/examine-heartbeats.ts';
import type { SourceConfig } from '../../../src/config/config.ts';
import type { SourceSilence } from '../../../src/pipeline/source-watch.ts';
import { sendJson, serve } from '../http/served.ts';

const sourceAt = (alertmanager: string, given: Partial<SourceConfig> = {}): SourceConfig => ({
  name: 'main',
  credentials: [],
  evidence: 'api',
  alertmanager,
  labels: {},
  tombstone: 0,
  heartbeat: parseMatchers('alertname="Watchdog"'),
  heartbeatWithin: 900_000,
  ...given,
});

const examined = (source: SourceConfig, silences?: readonly SourceSilence[]) =>
  examineHeartbeats({
    config: { sources: [source] },
    signal: AbortSignal.timeout(10_000),
    ...(silences === undefined ? {} : { silences: async () => silences }),
  });

describe('the doctor on a heartbeat', () => {
  it('asks the Alertmanager for it, and says where it has none', async () => {
    await using alertmanager = await serve(({ url }, response) => {
      sendJson(response, new URL(url, 'http://x').searchParams.get('filter') === 'alertname="Watchdog"' ? [{ labels: {} }] : []);
    });
    expect(await examined(sourceAt(alertmanager.origin))).toMatchObject([{ about: 'sources.main.heartbeat', verdict: 'ok' }]);
    const other = sourceAt(alertmanager.origin, { heartbeat: parseMatchers('alertname="Heart"') });
    expect(await examined(other)).toMatchObject([{ verdict: 'problem', message: 'its Alertmanager has no alert that it matches' }]);
  });

  it('says that it stays away, as the running service knows', async () => {
    const silence = { source: 'main', length: 1_380_000, isSilent: true, isHeard: false };
    expect(await examined(sourceAt('http://127.0.0.1:9'), [silence])).toMatchObject([
      { area: 'evidence', verdict: 'problem', message: 'the heartbeat of source main has not come for 23m' },
    ]);
    const heard = { source: 'main', length: 1000, isSilent: false, isHeard: true };
    expect(await examined(sourceAt('http://127.0.0.1:9'), [heard])).toMatchObject([{ verdict: 'ok', message: 'it comes' }]);
  });

  it('finds nothing about a source that has none, or cannot be asked', async () => {
    const { heartbeat: _none, ...without } = sourceAt('http://127.0.0.1:9');
    expect(await examined(without)).toEqual([]);
    expect(await examined(sourceAt('http://127.0.0.1:9', { evidence: 'receipt' }))).toMatchObject([{ verdict: 'ok' }]);
  });
});
