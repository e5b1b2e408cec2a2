import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSandbox } from '../../../src/sandbox/sandbox.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { Ward } from './ward.ts';

let ward: Ward;

beforeEach(() => {
  ward = new Ward();
});

afterEach(() => ward.sandbox.close());

function latencyAlert(on: Ward) {
  const labels = { alertname: 'HighLatencyP99', severity: 'critical' };
  return { platform: 'llm-guardrails', fingerprint: '0123456789abcdef', labels, annotations: { summary: 'slow' }, startsAt: on.wall };
}

async function listed(on: Ward, query = ''): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await on.ask('prometheus', `GET /api/v2/alerts${query}`)).json() as readonly Readonly<Record<string, unknown>>[];
}

describe('an alert posted by hand', () => {
  it('brings its fault, stays while the patient is ill, and resolves by a webhook after the cure', async () => {
    ward.sandbox.alertPosted(latencyAlert(ward));
    await ward.pass(300);
    expect(await listed(ward)).toHaveLength(1);
    expect(ward.delivered).toEqual([]);

    ward.scale('model-prompt-guard', 6);
    await ward.pass(30);
    expect(await listed(ward)).toEqual([]);
    expect(ward.delivered).toHaveLength(1);
    const { labels, annotations, fingerprint } = latencyAlert(ward);
    const times = { startsAt: '2030-01-01T00:00:00.000Z', endsAt: '2030-01-01T00:00:00.000Z' };
    expect(ward.delivered[0]).toMatchObject({
      platform: 'llm-guardrails',
      body: {
        version: '4',
        status: 'resolved',
        receiver: 'fixpoint',
        alerts: [{ status: 'resolved', labels, annotations, fingerprint, ...times }],
      },
    });
  });

  it('brings the fault again after recovery, as it was at first', async () => {
    for (const round of [1, 2]) {
      ward.sandbox.alertPosted(latencyAlert(ward));
      await ward.pass(60);
      expect(await listed(ward)).toHaveLength(1);
      expect(ward.replicas('model-prompt-guard')).toBe(3);
      ward.scale('model-prompt-guard', 6);
      await ward.pass(30);
      expect(ward.delivered).toHaveLength(round);
    }
  });

  it('is nothing new while its patient is ill in that way already', async () => {
    ward.sandbox.inject('llm-guardrails', 'stuck-breaker');
    ward.sandbox.alertPosted(latencyAlert(ward));
    await ward.pass(30);
    await ward.closeBreaker('prompt-guard');
    await ward.pass(30);

    expect(ward.delivered).toHaveLength(1);
  });

  it('never resolves where nothing cures', async () => {
    ward.sandbox.inject('llm-guardrails', 'high-latency-stubborn');
    ward.sandbox.alertPosted(latencyAlert(ward));
    ward.scale('model-prompt-guard', 9);
    await ward.pass(900);

    expect(await listed(ward)).toHaveLength(1);
    expect(ward.delivered).toEqual([]);
  });

  it.each([
    ['AllModelsDown', {}, 'llm-guardrails', 'all-models-down'],
    ['DatabaseDown', {}, 'llm-guardrails', 'database-down'],
    ['SingleModelDown', { model: 'pii-detect' }, 'llm-guardrails', 'single-model-down'],
    ['SingleModelDown', {}, 'llm-guardrails', 'single-model-down'],
    ['DatabaseConnectionPoolExhausted', {}, 'llm-research', 'pool-exhausted'],
    ['HighErrorRate', {}, 'llm-research', 'high-error-rate'],
  ])('of %s %j makes %s ill with %s', async (...[alertname, more, platform, fault]) => {
    expect(ward.sandbox.platformFor(alertname)).toBe(platform);
    expect(ward.sandbox.faultFor(platform, alertname, more)).toBe(fault);
    ward.sandbox.alertPosted({ ...latencyAlert(ward), platform, labels: { alertname, ...more } });
    await ward.pass(60);
    expect(await ward.isUnwell(platform)).toBe(true);
    expect(ward.delivered).toEqual([]);
  });

  it.each([
    ['Nobody', {}],
    ['SingleModelDown', { model: 'nobody' }],
    ['constructor', {}],
  ])('of %s %j, which is not known, stays', async (alertname, more) => {
    const platform = ward.sandbox.platformFor(alertname);
    expect(platform).toBe('llm-guardrails');
    expect(ward.sandbox.faultFor(platform, alertname, more)).toBe(undefined);
    ward.sandbox.alertPosted({ ...latencyAlert(ward), labels: { alertname, ...more } });
    await ward.pass(600);

    expect(await listed(ward)).toHaveLength(1);
    expect(await ward.isUnwell(platform)).toBe(false);
  });

  it('is refused for a platform that is not there', () => {
    expect(() => ward.sandbox.alertPosted({ ...latencyAlert(ward), platform: 'nowhere' })).toThrow(RangeError);
  });

  it('is listed as Alertmanager lists it, dated by real time', async () => {
    const alert = latencyAlert(ward);
    ward.sandbox.alertPosted(alert);
    ward.wall += 60_000;

    expect(await listed(ward, '?filter=alertname%3D%22HighLatencyP99%22&filter=severity%3D~%22crit.*%22&silenced=false')).toEqual([
      {
        labels: alert.labels,
        annotations: alert.annotations,
        fingerprint: alert.fingerprint,
        startsAt: '2030-01-01T00:00:00.000Z',
        updatedAt: '2030-01-01T00:01:00.000Z',
        endsAt: '2030-01-01T00:06:00.000Z',
        generatorURL: '',
        receivers: [{ name: 'fixpoint' }],
        status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] },
      },
    ]);
    expect(await listed(ward, '?filter=severity!=critical')).toEqual([]);
    expect(await listed(ward, '?active=false')).toEqual([]);
    expect(await listed(ward, '?receiver=other')).toEqual([]);
    expect(await ward.ask('prometheus', 'GET /api/v2/alerts?filter=%3D')).toMatchObject({ status: 400 });
  });
});

describe('instant queries', () => {
  it('answer in the wire format of Prometheus, dated by real time', async () => {
    const expected = {
      status: 'success',
      data: {
        resultType: 'vector',
        result: [
          { metric: { __name__: 'pg_up', platform: 'llm-guardrails', namespace: 'guardrails-platform' }, value: [ward.wall / 1000, '1'] },
        ],
      },
    };

    const query = `query=${encodeURIComponent('pg_up{platform="llm-guardrails"}')}`;
    expect((await ward.ask('prometheus', `GET /api/v1/query?${query}&time=${ward.wall / 1000}`)).json()).toEqual(expected);
    expect((await ward.ask('prometheus', 'POST /api/v1/query', query)).json()).toEqual(expected);
  });

  it('select by the labels that a scrape adds, raw series included', async () => {
    expect(await ward.query('{platform="llm-research",__name__=~".*:ratio|http_requests_total",status!~"5.."}')).toHaveLength(2);
    expect(await ward.query('guardrail_circuit_breaker_state{namespace="guardrails-platform"}')).toEqual([0, 0, 0, 0]);
    expect(await ward.query('guardrail_request_latency_seconds_bucket{le="+Inf"}')).toHaveLength(1);
    expect(await ward.query('nothing')).toEqual([]);
  });

  it.each(['rate(guardrail_requests_total[1m])', 'pg_up == 0', 'pg_up[5m]', ''])('answer 501 to %j', async (query) => {
    const answer = await ward.ask('prometheus', `GET /api/v1/query?query=${encodeURIComponent(query)}`);

    expect(answer.status).toBe(501);
    expect(answer.json()).toMatchObject({ status: 'error', errorType: 'not_implemented' });
  });

  it('answer 501 to anything but the present, and 400 to no query', async () => {
    expect(await ward.ask('prometheus', 'GET /api/v1/query?query=pg_up&time=1')).toMatchObject({ status: 501 });
    expect(await ward.ask('prometheus', 'GET /api/v1/query?query=pg_up&time=nonsense')).toMatchObject({ status: 501 });
    expect(await ward.ask('prometheus', 'GET /api/v1/query_range?query=pg_up')).toMatchObject({ status: 501 });
    expect(await ward.ask('prometheus', 'GET /api/v1/query')).toMatchObject({ status: 400 });
    expect(await ward.ask('prometheus', 'GET /-/ready')).toMatchObject({ status: 200 });
  });
});

describe('control', () => {
  it('gives and takes faults', async () => {
    const fault = (body: unknown, platform = 'llm-guardrails') =>
      ward.ask('control', `PUT /patients/${platform}/fault`, JSON.stringify(body));

    expect((await fault({ fault: 'single-model-down-stubborn', labels: { model: 'pii-detect' } })).json()).toMatchObject({
      faults: [{ fault: 'single-model-down-stubborn', labels: { model: 'pii-detect' }, isCured: false }],
    });
    expect(await fault({ fault: 'nothing' })).toMatchObject({ status: 422 });
    expect(await fault({ fault: 'constructor' })).toMatchObject({ status: 422 });
    expect(await fault({ fault: 'single-model-down', labels: { model: 'nobody' } })).toMatchObject({ status: 422 });
    expect(await fault('text')).toMatchObject({ status: 422 });
    expect(await fault({ fault: 'high-latency' }, 'nowhere')).toMatchObject({ status: 404 });
    expect(await ward.ask('control', 'POST /patients/llm-guardrails/fault')).toMatchObject({ status: 405 });
    expect((await ward.ask('control', 'DELETE /patients/llm-guardrails/fault')).json()).toMatchObject({ faults: [], isUnwell: false });
    expect(await ward.ask('control', 'GET /nowhere')).toMatchObject({ status: 404 });
  });

  it('keeps the calls for a person', async () => {
    const page = {
      labels: { alertname: 'FixpointEscalation', fixpoint_escalation: 'true' },
      annotations: { summary: 'help' },
      startsAt: '2030-01-01T00:00:00Z',
    };

    expect(await ward.ask('prometheus', 'POST /api/v2/alerts', JSON.stringify([page]))).toMatchObject({ status: 200 });
    expect(await ward.ask('prometheus', 'POST /api/v2/alerts', JSON.stringify(page))).toMatchObject({ status: 400 });
    expect(await ward.ask('prometheus', 'POST /api/v2/alerts', '[{"labels":{}}]')).toMatchObject({ status: 400 });
    expect((await ward.ask('control', 'GET /pages')).json()).toEqual({ pages: [{ ...page, receivedAt: ward.wall }] });
    expect(ward.sandbox.pages()).toHaveLength(1);
  });

  it('makes the Kubernetes API fail, and shows what was asked of it', async () => {
    const deployments = '/apis/apps/v1/namespaces/guardrails-platform/deployments';
    const put = (body: unknown) => ward.ask('control', 'PUT /api-faults', JSON.stringify(body));

    expect(await put({ pattern: 'GET .*/deployments', status: 500, times: 1 })).toMatchObject({ status: 200 });
    expect(await ward.ask('kubernetes', `GET ${deployments}`)).toMatchObject({ status: 500 });
    expect(await ward.ask('kubernetes', `GET ${deployments}`)).toMatchObject({ status: 200 });
    for (const wrong of [{ pattern: '(', status: 500 }, { pattern: 'x', status: 200 }, { pattern: 'x', never: true, times: 0 }, {}]) {
      expect(await put(wrong)).toMatchObject({ status: 422 });
    }
    expect(await put({ pattern: '.*', status: 503 })).toMatchObject({ status: 200 });
    expect(await ward.ask('control', 'DELETE /api-faults')).toMatchObject({ status: 200 });
    expect(await ward.ask('kubernetes', `GET ${deployments}`)).toMatchObject({ status: 200 });
    const { requests } = (await ward.ask('control', 'GET /requests')).json() as {
      requests: readonly { path: string; status: number }[];
    };
    expect(requests.map(({ path, status }) => [path, status])).toEqual([500, 200, 200].map((status) => [deployments, status]));
  });
});

describe('the sandbox', () => {
  it('sets no timers while time alone changes nothing, and none after it is closed', async () => {
    expect(ward.clock.nextAt()).toBe(undefined);
    ward.sandbox.alertPosted(latencyAlert(ward));
    ward.sandbox.inject('llm-guardrails', 'stuck-breaker');
    await ward.pass(20);
    expect(ward.clock.nextAt()).toBe(undefined);
    ward.scale('model-prompt-guard', 6);
    expect(ward.clock.nextAt()).not.toBe(undefined);
    await ward.sandbox.close();

    expect(ward.clock.nextAt()).toBe(undefined);
  });

  it('listens on real sockets and recovers in real time', async () => {
    const resolved: string[] = [];
    const deliver = async (platform: string): Promise<void> => void resolved.push(platform);
    const sandbox = createSandbox({ speed: 100, wallNow: () => Date.now(), deliver });
    try {
      const { kubernetesUrl, prometheusUrl, alertmanagerUrl, controlUrl, services } = await sandbox.listen();
      const urls = [
        `${prometheusUrl}/-/ready`,
        `${controlUrl}/patients`,
        `${alertmanagerUrl}/api/v2/alerts`,
        `${services['guardrail-server']}/metrics`,
      ];
      await waitUntil(
        async () => (await fetch(`${services['platform-api']}/health`)).ok && (await fetch(`${services['llm-research-api']}/health`)).ok,
        {
          describe: 'the pods serve',
        },
      );
      for (const url of urls) expect((await fetch(url)).status).toBe(200);

      sandbox.alertPosted({ ...latencyAlert(ward), startsAt: Date.now() });
      const scale = `${kubernetesUrl}/apis/apps/v1/namespaces/guardrails-platform/deployments/model-prompt-guard/scale`;
      const headers = { 'content-type': 'application/merge-patch+json' };
      expect((await fetch(scale, { method: 'PATCH', headers, body: JSON.stringify({ spec: { replicas: 6 } }) })).status).toBe(200);
      await waitUntil(() => resolved.length === 1, { describe: 'the alert resolves', timeoutMs: 4000 });
      const answer = (await (await fetch(`${prometheusUrl}/api/v1/query?query=pg_up`)).json()) as {
        data: { result: [{ value: [number, string] }] };
      };
      expect(Math.abs(answer.data.result[0].value[0] * 1000 - Date.now())).toBeLessThan(2000);
    } finally {
      await sandbox.close();
    }
  });

  it('closes what it opened when one port is taken', async () => {
    const { controlUrl } = await ward.sandbox.listen();
    const other = new Ward();

    await expect(other.sandbox.listen({ ports: { control: Number(new URL(controlUrl).port) } })).rejects.toThrow('EADDRINUSE');
    await other.sandbox.close();
  });
});
