import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEvidence, type EvidenceSource } from '../../../src/adapters/alertmanager/evidence.ts';
import { createSilencer } from '../../../src/adapters/alertmanager/silencer.ts';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { JsonApi } from '../../../src/adapters/http/json-api.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import type { Alert } from '../../../src/alert/alert.ts';
import { SilenceKeeper, type Silencing } from '../../../src/pipeline/silence-keeper.ts';
import type { Store } from '../../../src/ports/store.ts';
import type { Run } from '../../../src/run/run.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { batch, claimed, entry, inPhase, law, resolved, runOf } from '../../contract/store/records.ts';
import { startAlertmanager } from '../../support/alertmanager.ts';
import type { HttpServer } from '../../support/http-server.ts';
import { rulebookOf, rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { quietMetrics } from '../../support/pipeline-rig.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { AlertmanagerApi } from './alertmanager-api.ts';

const reach = { ahead: 3000, renewBelow: 2500 };
const clock = systemClock();
const unknown = '00000000-0000-0000-0000-000000000000';
let made = 0;

/** A run of a rule that asks for silence, its alert, and workers that keep it. */
class Patient {
  readonly store: Store = memoryStore({ clock, law });
  readonly labels: Record<string, string>;
  readonly results: string[] = [];
  run: Run = runOf('none-1');
  fence = 0;
  readonly #api: JsonApi;
  readonly #rules;

  constructor(url: string, silence: string) {
    made += 1;
    this.labels = { alertname: `Slow${made}`, pod: 'a"b\\c', zone: 'ü' };
    this.#api = new JsonApi(url);
    this.#rules = rulebookOf(rulesFile(slowRule({ more: `silence: ${silence}` })));
  }

  get sources(): ReadonlyMap<string, EvidenceSource> {
    return new Map([['main', { kind: 'api', alertmanager: this.#api, addedLabels: ['platform'] }]]);
  }

  get alert(): Alert {
    const labels = { ...this.labels, platform: 'shop' };
    return { source: 'main', fingerprint: `f${made}`, status: 'firing', labels, annotations: {}, startsAt: clock.now() };
  }

  async acting(): Promise<void> {
    const { outcomes } = await this.store.intake(batch([entry(this.alert, { newIncident: `i${made}` })], { receivedAt: clock.now() }));
    this.run = runOf(`${outcomes[0]?.incident}-1`, { alert: this.alert, rungs: [] });
    await this.store.createRuns([{ run: this.run, entries: [] }]);
    this.fence = await claimed(this.store, this.run.id, 600_000);
    this.run = inPhase(this.run, 'planning', 'applying');
    const rung = {
      remediation: 'scale',
      mode: 'auto',
      state: 'applying',
      params: {},
      steps: [],
      verdicts: [],
      startedAt: clock.now(),
    } as const;
    this.run = { ...this.run, rungs: [rung] };
    await this.store.commit({ run: this.run, fence: this.fence, entries: [] });
  }

  async end(): Promise<void> {
    await this.store.commit({ run: inPhase(this.run, 'failed'), fence: this.fence, entries: [] });
  }

  keeper(more: Partial<Silencing> = {}): SilenceKeeper {
    const [rule] = this.#rules.rules;
    const metrics = { ...quietMetrics, silence: (_rule: string, result: string) => void this.results.push(result) };
    const given = { store: this.store, clock, log: quietLog, metrics, definition: async () => rule, rulebook: () => this.#rules };
    return new SilenceKeeper({ ...given, silencer: createSilencer(this.sources), reach, ...more });
  }

  async standing() {
    const [fingerprint] = [await this.#fingerprint()];
    return await createEvidence(this.sources).standing({ ...this.alert, fingerprint }, AbortSignal.timeout(5000));
  }

  async #fingerprint(): Promise<string> {
    const { body } = await this.#api.send({ method: 'GET', path: '/api/v2/alerts', signal: AbortSignal.timeout(5000), code: 'timeout' });
    const all = body as readonly { fingerprint: string; labels: Record<string, string> }[];
    return all.find(({ labels }) => labels['alertname'] === this.labels['alertname'])?.fingerprint ?? '';
  }
}

describe('silences in a real Alertmanager', { timeout: 60_000 }, () => {
  let server: HttpServer;
  let api: AlertmanagerApi;

  beforeAll(async () => {
    server = await startAlertmanager({ config: 'route: { receiver: none }\nreceivers: [{ name: none }]\n' });
    api = new AlertmanagerApi(server.url);
  });

  afterAll(async () => {
    await server.stop();
  });

  async function patient(silence = 'true'): Promise<Patient> {
    const one = new Patient(server.url, silence);
    await api.fire(one.labels);
    await one.acting();
    return one;
  }

  const silencesOf = async ({ run }: Patient, state?: string) =>
    (await api.silences(state)).filter(({ comment }) => comment.includes(` ${run.id} `));
  const stateOf = async ({ labels }: Patient) => (await api.alerts(labels['alertname'] ?? ''))[0]?.status.state;

  it('begin with the run, say whose they are, and are not mistaken for those of a person', async () => {
    const one = await patient();
    await one.keeper().turn();
    await waitUntil(async () => (await stateOf(one)) === 'suppressed', { describe: 'the alert to be silent' });
    const [silence] = await silencesOf(one);
    expect(silence).toMatchObject({
      createdBy: 'fixpoint',
      comment: `Fixpoint run ${one.run.id} of rule slow acts on this; the silence ends with it, or by itself.`,
    });
    expect(silence?.matchers).toHaveLength(4);
    expect(Date.parse(silence?.endsAt ?? '') - clock.now()).toBeLessThanOrEqual(reach.ahead);
    expect(await one.standing()).toEqual({ standing: 'firing' });
    expect((await one.store.journalOf(one.run.id)).map(({ type, data }) => [type, data['state']])).toEqual([['silenced', 'began']]);
  });

  it('last for as long as the run acts, however often its workers change, and are one', async () => {
    const one = await patient();
    const began = performance.now();
    await waitUntil(
      async () => {
        await one.keeper().turn();
        expect(await silencesOf(one)).toHaveLength(1);
        return performance.now() - began > 2 * reach.ahead;
      },
      { intervalMs: 300, describe: 'twice the time one lasts' },
    );
    expect(await stateOf(one)).toBe('suppressed');
    expect([one.results, (await one.store.journalOf(one.run.id)).length]).toEqual([['made'], 1]);
  });

  it('are left as they are while there is time enough left', async () => {
    const one = await patient();
    const silencer = createSilencer(one.sources);
    let puts = 0;
    const put: typeof silencer.put = async (...given) => {
      puts += 1;
      await silencer.put(...given);
    };
    const keeper = one.keeper({ silencer: { ...silencer, put }, reach: { ahead: 120_000, renewBelow: 70_000 } });
    for (let turn = 0; turn < 3; turn += 1) await keeper.turn();
    expect([puts, (await silencesOf(one)).length]).toEqual([1, 1]);
  });

  it('of a run that has just begun to act are left to the worker who made them', async () => {
    const one = await patient();
    await one.keeper().turn();
    const runs = one.store.runs.bind(one.store);
    one.store.runs = async () => ({ runs: [], next: null });
    await one.keeper().turn();
    one.store.runs = runs;
    expect([(await silencesOf(one)).length, one.results]).toEqual([1, ['made']]);
  });

  it('of an alert that has no name leave our own call for help alone', async () => {
    const one = new Patient(server.url, 'true');
    for (const name of Object.keys(one.labels)) delete one.labels[name];
    Object.assign(one.labels, { namespace: `ns${made}`, severity: 'critical' });
    await one.acting();
    await one.keeper({ reach: { ahead: 120_000, renewBelow: 70_000 } }).turn();
    await api.fire({ alertname: 'FixpointEscalation', fixpoint_escalation: 'true', ...one.labels });
    await api.fire({ alertname: `Beside${made}`, ...one.labels });
    await waitUntil(async () => (await api.alerts(`Beside${made}`))[0]?.status.state === 'suppressed', {
      describe: 'what has its labels to be silent',
    });
    expect((await api.alerts('FixpointEscalation')).map(({ status }) => status.state)).toEqual(['active']);
    await one.keeper().turn();
    expect((await silencesOf(one)).length).toBe(1);
  });

  it('end with the run, whoever made them', async () => {
    const one = await patient();
    await one.keeper().turn();
    await waitUntil(async () => (await stateOf(one)) === 'suppressed', { describe: 'the alert to be silent' });
    await one.end();
    await one.keeper().turn();
    expect(await silencesOf(one)).toEqual([]);
    await waitUntil(async () => (await stateOf(one)) === 'active', { describe: 'the alert to be told again' });
    expect(one.results).toEqual(['made', 'ended']);
  });

  it('end by themselves when everybody is dead, and are ours right after', async () => {
    const one = await patient();
    await one.keeper().turn();
    await waitUntil(async () => (await stateOf(one)) === 'suppressed', { describe: 'the alert to be silent' });
    const standings: unknown[] = [];
    await waitUntil(
      async () => {
        standings.push(await one.standing());
        return (await stateOf(one)) === 'active';
      },
      { describe: 'the silence to expire' },
    );
    standings.push(await one.standing());
    expect(new Set(standings.map((standing) => JSON.stringify(standing)))).toEqual(new Set(['{"standing":"firing"}']));
    expect(await silencesOf(one, 'expired')).toHaveLength(1);
  });

  it('last no longer than the rule says', async () => {
    const one = await patient('{ for: 1s }');
    await one.keeper().turn();
    await waitUntil(
      async () => {
        await one.keeper().turn();
        return (await silencesOf(one)).length === 0;
      },
      { describe: 'the silence to be over' },
    );
    await one.keeper().turn();
    expect([await silencesOf(one), one.run.phase]).toEqual([[], 'applying']);
  });

  it('cover members that join, and not those that are over', async () => {
    const one = await patient();
    const second = { ...one.alert, fingerprint: 'second', labels: { ...one.labels, pod: 'second' } };
    const join = (alert: Alert) => one.store.intake(batch([entry(alert)], { receivedAt: clock.now() }));
    await one.keeper().turn();
    await join(second);
    await one.keeper().turn();
    expect(await silencesOf(one)).toHaveLength(2);
    await join(resolved('second', { labels: second.labels, endsAt: clock.now() + 1000 }));
    await one.keeper().turn();
    expect(await silencesOf(one)).toHaveLength(1);
  });

  it('of other people and of other installations are left alone', async () => {
    const one = await patient();
    const endsAt = new Date(clock.now() + 60_000).toISOString();
    const matchers = Object.entries(one.labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
    const theirs = { matchers, startsAt: new Date().toISOString(), endsAt, createdBy: 'anna', comment: `mine, ${one.run.id} ` };
    await api.post('/api/v2/silences', theirs);
    const comment = `Fixpoint run elsewhere-1 of rule slow acts on this; the silence ends with it, or by itself.`;
    await api.post('/api/v2/silences', { ...theirs, createdBy: 'fixpoint', comment });
    await one.end();
    await one.keeper().turn();
    const left = (await api.silences()).filter(({ comment: text }) => text.includes('mine,') || text.includes('elsewhere-1'));
    expect(left).toHaveLength(2);
    await waitUntil(async () => (await one.standing()).standing === 'suppressed', { describe: "anna's silence to count" });
  });

  it('that a person has ended, or that are forgotten, are made anew, and are ended already', async () => {
    const one = await patient();
    await one.keeper().turn();
    const [silence] = await silencesOf(one);
    const silencer = createSilencer(one.sources);
    const soon = () => AbortSignal.timeout(5000);
    for (const id of [silence?.id ?? '', silence?.id ?? '', unknown]) await silencer.remove('main', id, soon());
    expect(await silencesOf(one)).toEqual([]);
    await one.keeper().turn();
    expect(await silencesOf(one)).toHaveLength(1);
    const other = { run: one.run.id, rule: 'slow', labels: { pod: 'other' }, startsAt: clock.now(), endsAt: clock.now() + 60_000 };
    await silencer.put('main', { ...other, id: unknown }, soon());
    expect(await silencesOf(one)).toHaveLength(2);
  });

  it('that cannot be made are told once, and nothing else comes of it', async () => {
    const one = await patient();
    const gone = createSilencer(new Map([['main', { kind: 'api', alertmanager: new JsonApi('http://127.0.0.1:1'), addedLabels: [] }]]));
    const keeper = one.keeper({ silencer: gone });
    for (let turn = 0; turn < 3; turn += 1) await keeper.turn();
    expect(one.results).toEqual(['failed']);
    expect((await one.store.journalOf(one.run.id)).map(({ data }) => data['state'])).toEqual(['failed']);
  });

  it('are nobody’s business where no rule asks for them', async () => {
    const one = new Patient(server.url, 'true');
    const silencer = { ...createSilencer(one.sources), list: () => Promise.reject(new Error('not to be asked')) };
    await one.keeper({ silencer, rulebook: () => rulebookOf(rulesFile(slowRule())) }).turn();
    expect(one.results).toEqual([]);
  });
});
