import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { hasEnded, webhookBody, type RunView } from './api-client.ts';
import { hostileNames } from './hostile-names.ts';
import { remediation, rules } from './hostile-rules.ts';
import { replicas, startSeparatePlatform, subjectOf, type IncidentView, type SeparatePlatform } from './separate-platform.ts';

const fixtures = new URL('../fixtures/alertmanager/', import.meta.url);

describe('hostile and broken input', { timeout: 40_000 }, () => {
  let platform: SeparatePlatform;
  let pid: number;

  beforeAll(async () => {
    platform = await startSeparatePlatform({ rules, remediation });
    pid = (await platform.service()).pid;
  }, 60_000);

  afterAll(async () => {
    await platform.stop();
  });

  async function send(
    body: string | Uint8Array<ArrayBuffer>,
    type = 'application/json',
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const url = `http://127.0.0.1:${platform.port}/api/v1/webhook`;
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body, signal: AbortSignal.timeout(5000) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** Sends alerts and waits until they have been taken in. */
  async function takeIn(alerts: Parameters<typeof webhookBody>[0]): Promise<void> {
    const { status, body } = await platform.api.post('/api/v1/webhook', webhookBody(alerts));
    expect([status, body['accepted']]).toEqual([202, alerts.length]);
    await untilTakenIn(body['notification']);
  }

  async function untilTakenIn(notification: unknown): Promise<void> {
    await waitUntil(
      async () =>
        (await platform.api.get<{ notifications: { id: string }[] }>('/api/v1/notifications?limit=500')).notifications.some(
          ({ id }) => id === notification,
        ),
      { timeoutMs: 15_000, describe: `notification ${String(notification)} to be taken in` },
    );
  }

  async function incidentsOf(rule: string): Promise<readonly IncidentView[]> {
    return (await platform.api.get<{ incidents: IncidentView[] }>(`/api/v1/incidents?rule=${rule}&limit=500`)).incidents;
  }

  async function incidentsAbout(name: string, rule = 'note-only'): Promise<readonly IncidentView[]> {
    return (await incidentsOf(rule)).filter(({ subject }) => subject === subjectOf(name));
  }

  async function onlyEndOf(runs: () => Promise<readonly RunView[]>): Promise<RunView> {
    let last = 'no run yet';
    return await waitUntil(
      async () => {
        const [run, ...others] = await runs();
        if (run !== undefined) last = `${run.phase}: ${run.reason}`;
        expect(others).toEqual([]);
        return run !== undefined && hasEnded(run) ? run : undefined;
      },
      { timeoutMs: 10_000, intervalMs: 100, describe: () => `the only run to end; it is ${last}` },
    );
  }

  const valid = JSON.stringify(webhookBody([{ labels: { alertname: 'Noted', deployment: 'valid' } }]));
  /** Bodies are made late: the runner would look through large arguments. */
  const broken: readonly { what: string; body: () => string; status: number; code: string }[] = [
    { what: 'no JSON', body: () => '{"version":"4","alerts":[', status: 400, code: 'request.malformed' },
    { what: 'nothing', body: () => '', status: 400, code: 'request.malformed' },
    { what: 'a text', body: () => '"alerts"', status: 400, code: 'webhook.malformed' },
    { what: 'null', body: () => 'null', status: 400, code: 'webhook.malformed' },
    {
      what: 'an array, as for Alertmanager itself',
      body: () => '[{"labels":{"alertname":"Noted"}}]',
      status: 400,
      code: 'webhook.malformed',
    },
    { what: 'another version', body: () => valid.replace('"version":"4"', '"version":"3"'), status: 400, code: 'webhook.malformed' },
    { what: 'no alerts', body: () => '{"version":"4"}', status: 400, code: 'webhook.malformed' },
    { what: 'alerts that are no array', body: () => '{"version":"4","alerts":{}}', status: 400, code: 'webhook.malformed' },
    {
      what: 'an alert without labels',
      body: () => '{"version":"4","alerts":[{"status":"firing"}]}',
      status: 400,
      code: 'webhook.malformed',
    },
    {
      what: 'an alert with no label',
      body: () => '{"version":"4","alerts":[{"status":"firing","labels":{}}]}',
      status: 400,
      code: 'webhook.malformed',
    },
    {
      what: 'a label that is a number',
      body: () => '{"version":"4","alerts":[{"status":"firing","labels":{"alertname":1}}]}',
      status: 400,
      code: 'webhook.malformed',
    },
    {
      what: 'another status',
      body: () => '{"version":"4","alerts":[{"status":"perhaps","labels":{"alertname":"Noted"}}]}',
      status: 400,
      code: 'webhook.malformed',
    },
    {
      what: 'a prototype',
      body: () => '{"version":"4","alerts":[{"labels":{"alertname":"Noted","__proto__":{"polluted":"yes"}}}]}',
      status: 400,
      code: 'request.malformed',
    },
    {
      what: 'a deep nest',
      body: () => `{"version":"4","alerts":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      status: 400,
      code: 'request.malformed',
    },
    {
      what: '17 MiB',
      body: () => `{"version":"4","alerts":[],"more":"${'x'.repeat(17 * 2 ** 20)}"}`,
      status: 413,
      code: 'request.too-large',
    },
  ];

  it.each(broken)('refuses $what with a clear reason', async ({ body, status, code }) => {
    const answer = await send(body());
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(String(answer.body['detail']).length).toBeGreaterThan(10);
    expect(String(answer.body['detail']).length).toBeLessThan(1000);
  });

  it('refuses another content type', async () => {
    expect(await send(valid, 'text/plain')).toMatchObject({ status: 415, body: { code: 'request.unsupported-type' } });
  });

  it.each(readdirSync(fixtures).filter((file) => file.endsWith('.json')))('knows what to do with %s', async (file) => {
    const text = readFileSync(new URL(file, fixtures), 'utf8');
    const answer = await send(text);
    if (file.includes('custom-payload')) {
      expect(answer).toMatchObject({ status: 400, body: { code: 'webhook.malformed' } });
      return;
    }
    expect(answer).toMatchObject({ status: 202, body: { accepted: (JSON.parse(text) as { alerts: unknown[] }).alerts.length } });
    await untilTakenIn(answer.body['notification']);
  });

  it.each(Object.keys(hostileNames))('lets no request leave for a name that is %s', async (what) => {
    const deployment = hostileNames[what as keyof typeof hostileNames];
    const before = (await platform.requests()).length;
    const fingerprint = Buffer.from(`${deployment.length} ${deployment.slice(0, 80)}`)
      .toString('hex')
      .slice(0, 48);
    await takeIn([
      { labels: { alertname: 'Named', deployment }, fingerprint },
      { labels: { alertname: 'TooSlow', deployment }, fingerprint: `${fingerprint}-slow` },
    ]);
    const run = await onlyEndOf(() => platform.api.runs(`?subject=${encodeURIComponent(`redis/${fingerprint}`)}`));
    expect(run.phase).toBe('failed');
    expect(run.reason).toMatch(/name/);
    expect(run.reason.length).toBeLessThan(1000);
    expect(run.reason).not.toMatch(/\p{Cc}|\u202e|\ud800/u);
    // Where the label would be the subject itself, intake refuses: there is nothing an incident could be about.
    expect((await incidentsOf('scale-up')).filter(({ subject }) => subject.includes(deployment.slice(0, 100)))).toEqual([]);
    expect((await platform.requests()).length).toBe(before);
  });

  it('says in a metric that a rule could not handle what it matched', async () => {
    const text = await (await fetch(`http://127.0.0.1:${platform.port}/metrics`)).text();
    const failed = /^fixpoint_rule_errors_total\{rule="scale-up"\} (\d+)$/m.exec(text)?.[1];
    expect(Number(failed)).toBe(Object.keys(hostileNames).length);
  });

  it('takes 10,000 alerts in one body at once, as one incident and one run for each subject', async () => {
    const alerts = Array.from({ length: 10_000 }, (_none, index) => ({
      labels: { alertname: 'Noted', deployment: `crowd-${index % 20}`, pod: `pod-${index}` },
    }));
    const startedAt = performance.now();
    const { status, body } = await platform.api.post('/api/v1/webhook', webhookBody(alerts));
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect([status, body['accepted']]).toEqual([202, 10_000]);
    await untilTakenIn(body['notification']);
    const isCrowd = ({ subject }: { subject: string }) => subject.includes('/crowd-');
    const crowd = async () => (await platform.api.runs('?rule=note-only&limit=500')).filter(isCrowd);
    // Runs are made a moment after their incidents.
    await waitUntil(async () => (await crowd()).filter(hasEnded).length >= 20, { describe: 'all runs to end' });
    const subjects = Array.from({ length: 20 }, (_none, index) => subjectOf(`crowd-${index}`)).toSorted();
    expect(
      (await platform.api.runs('?rule=note-only&limit=500'))
        .filter(isCrowd)
        .map(({ subject }) => subject)
        .toSorted(),
    ).toEqual(subjects);
    expect(
      (await incidentsOf('note-only'))
        .filter(isCrowd)
        .map(({ subject }) => subject)
        .toSorted(),
    ).toEqual(subjects);
  });

  it('makes one change for 10,000 alerts about one deployment', async () => {
    await platform.makeDeployment('crowded');
    await takeIn(
      Array.from({ length: 10_000 }, (_none, index) => ({ labels: { alertname: 'TooSlow', deployment: 'crowded', pod: `pod-${index}` } })),
    );
    expect(await onlyEndOf(() => platform.runsOn('crowded'))).toMatchObject({ phase: 'succeeded', attempt: 1 });
    expect(await platform.effectsOn('crowded')).toHaveLength(1);
  });

  it('makes one incident, one run and one change of the same message sent 20 times at once', async () => {
    await platform.makeDeployment('repeated');
    const body = webhookBody([{ labels: { alertname: 'TooSlow', deployment: 'repeated' }, startsAt: new Date().toISOString() }]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => platform.api.post('/api/v1/webhook', body)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    for (const { body: answer } of answers) await untilTakenIn(answer['notification']);
    expect(await onlyEndOf(() => platform.runsOn('repeated'))).toMatchObject({ phase: 'succeeded', attempt: 1 });
    expect(await platform.effectsOn('repeated')).toHaveLength(1);
    expect(await incidentsAbout('repeated', 'scale-up')).toHaveLength(1);
  });

  it('opens nothing for a firing that comes after its own end, and something for the next one', async () => {
    const labels = { alertname: 'Noted', deployment: 'late' };
    const at = (secondsAgo: number) => new Date(Date.now() - secondsAgo * 1000).toISOString();
    const startsAt = at(60);
    await takeIn([{ labels, status: 'resolved', startsAt, endsAt: at(30) }]);
    await takeIn([{ labels, startsAt }]);
    expect(await incidentsAbout('late')).toEqual([]);
    expect(await platform.runsOn('late')).toEqual([]);
    await takeIn([{ labels, startsAt: at(5) }]);
    expect(await onlyEndOf(() => platform.runsOn('late'))).toMatchObject({ phase: 'observed' });
  });

  it('does not open a closed incident again for a late copy of its alert', async () => {
    const labels = { alertname: 'Noted', deployment: 'copied' };
    const startsAt = new Date(Date.now() - 60_000).toISOString();
    await takeIn([{ labels, startsAt }]);
    await takeIn([{ labels, status: 'resolved', startsAt, endsAt: new Date().toISOString() }]);
    await waitUntil(async () => (await incidentsAbout('copied')).every(({ state }) => state === 'closed'), {
      describe: 'the incident to close',
    });
    await takeIn([{ labels, startsAt }]);
    expect((await incidentsAbout('copied')).map(({ state }) => state)).toEqual(['closed']);
    expect(await platform.runsOn('copied')).toHaveLength(1);
  });

  it('replays for real what does not fire any more without touching anything, and plans it on request', async () => {
    await platform.makeDeployment('replayed');
    const webhook = webhookBody([{ labels: { alertname: 'TooSlow', deployment: 'replayed' } }]);
    const replay = async (mode: 'plan' | 'real', source: string): Promise<RunView> => {
      const { status, body } = await platform.api.post('/api/v1/replay', { webhook, source, mode });
      expect(status).toBe(202);
      const [id = ''] = body['runs'] as string[];
      return await waitUntil(
        async () => {
          const run = await platform.api.run(id);
          return hasEnded(run) ? run : undefined;
        },
        { describe: `the replay ${id} to end` },
      );
    };
    const planned = await replay('plan', 'asked');
    expect(planned.phase).toBe('planned');
    expect(planned.rungs[0]?.steps[0]?.changes).toEqual([{ what: 'spec.replicas', from: replicas.before, to: replicas.after }]);
    expect(await replay('real', 'asked')).toMatchObject({ phase: 'superseded', reason: expect.stringContaining('stillFiring') });
    expect(await replay('real', 'default')).toMatchObject({ phase: 'denied', reason: expect.stringContaining('stillFiring') });
    expect(await platform.effectsOn('replayed')).toEqual([]);
    expect(await platform.readDeployment('replayed')).toEqual({ replicas: replicas.before, generation: 1 });
  });

  it('has not crashed in all of this, and still works', async () => {
    const service = await platform.service();
    expect(service.isRunning()).toBe(true);
    expect(service.pid).toBe(pid);
    expect(service.output()).not.toMatch(/unhandled|uncaught/i);
    await platform.makeDeployment('after-all');
    expect(await platform.alert('after-all')).toBe(202);
    expect(await onlyEndOf(() => platform.runsOn('after-all'))).toMatchObject({ phase: 'succeeded' });
  });
});
