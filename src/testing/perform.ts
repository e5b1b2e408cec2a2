import { FixpointError, messageOf } from '../errors.ts';
import { actOnRun } from '../pipeline/act-on-run.ts';
import { restoreRule } from '../pipeline/demotion.ts';
import { undoByHand } from '../pipeline/undo-by-hand.ts';
import { wakeWaiting } from '../pipeline/wake-waiting.ts';
import { mergePatch } from '../sandbox/kubernetes/patch/merge-patch.ts';
import type { KubernetesObject } from '../sandbox/kubernetes/object.ts';
import { isTerminal } from '../run/phase.ts';
import type { Run } from '../run/run.ts';
import { parseDuration } from '../value/duration.ts';
import { oneLine } from '../value/one-line.ts';
import type { Path } from '../rule/template-tree.ts';
import { receiver } from './simulated-alertmanager.ts';
import type { SimulatedApp } from './simulated-app.ts';
import type { ApiFault, Happening, PersonalAct } from './test-file.ts';
import type { World } from './world.ts';

/** What a test acts upon. */
export interface Stage {
  readonly world: World;
  readonly app: SimulatedApp;
  /** Tells that something of the test cannot be done as written; the path is below the happening. */
  readonly cannot: (path: Path, message: string) => void;
}

const personalActs = ['approve', 'deny', 'cancel', 'acknowledge', 'undo'] as const;

/** Lets happen what happens at one moment, all but what is expected then. */
export async function perform(stage: Stage, happening: Happening): Promise<void> {
  changeWorld(stage, happening);
  changeCluster(stage, happening);
  const { world, app } = stage;
  const { pause, resume, restart } = happening;
  if (pause !== undefined) {
    const length = pause.for === undefined ? undefined : parseDuration(pause.for);
    const scope = pause.scope === undefined || pause.scope === 'global' ? { kind: 'global' as const } : pause.scope;
    const until = length === undefined ? {} : { until: world.clock.now() + length };
    await app.store.addPause({ id: app.nextId(), scope, reason: pause.reason, by: pause.by, ...until });
  }
  if (resume !== undefined) {
    for (const { id } of await app.store.pauses()) await app.store.removePause(id, resume.by);
    await wakeWaiting(app.engine, 'paused');
  }
  if (restart === true) app.restart();
  await changeAlerts(stage, happening);
  for (const kind of personalActs) {
    const act = happening[kind];
    if (act !== undefined) await actAsPerson(stage, kind, act);
  }
  if (happening.restore !== undefined) await restore(stage, happening.restore);
}

function changeWorld({ world, cannot }: Stage, happening: Happening): void {
  const { state, metrics, http, pods, redis, postgres, down, up, ill, heal } = happening;
  if (state !== undefined) world.setState(state);
  for (const [key, metric] of Object.entries(metrics ?? {})) world.metrics.set(key, metric, world.elapsed());
  if (http !== undefined) world.http.set(http);
  if (pods !== undefined) world.pods.add(pods);
  for (const [name, text] of Object.entries(redis ?? {})) world.redis.set(name, text);
  for (const [name, text] of Object.entries(postgres ?? {})) world.postgres.set(name, text);
  for (const name of listOf(down)) world.setDown(name, true);
  for (const name of listOf(up)) world.setDown(name, false);
  if ((ill !== undefined || heal !== undefined) && world.platform === undefined)
    return cannot([], 'there is no simulated platform; name one under platform');
  if (ill !== undefined && world.platform !== undefined) {
    const { fault, labels = {} } = typeof ill === 'string' ? { fault: ill } : ill;
    if (!world.sandbox.inject(world.platform, fault, labels))
      cannot(['ill'], `platform ${world.platform} has no fault ${fault} for these labels`);
  }
  if (heal === true && world.platform !== undefined) world.sandbox.heal(world.platform);
}

function changeCluster({ world, cannot }: Stage, happening: Happening): void {
  const { create = [], change = [], delete: deleted = [], clusterFails = [], clusterWorks } = happening;
  const { cluster, kubernetes } = world.sandbox;
  const tried = (path: Path, work: () => void): void => {
    try {
      work();
    } catch (error) {
      cannot(path, messageOf(error));
    }
  };
  for (const [index, object] of create.entries()) tried(['create', index], () => void cluster.create(object));
  for (const [index, { kind, namespace = '', name, merge }] of change.entries()) {
    const found = cluster.get(kind, namespace, name);
    if (found === undefined) cannot(['change', index], `there is no ${kind} ${namespace}/${name}`);
    else tried(['change', index], () => void cluster.update(found, (live) => mergePatch(live, merge) as KubernetesObject));
  }
  for (const [index, { kind, namespace = '', name }] of deleted.entries()) {
    const found = cluster.get(kind, namespace, name);
    if (found === undefined) cannot(['delete', index], `there is no ${kind} ${namespace}/${name}`);
    else tried(['delete', index], () => cluster.delete(found));
  }
  if (clusterWorks === true) kubernetes.faults.clear();
  for (const [index, fault] of clusterFails.entries()) {
    const { times } = fault;
    tried(
      ['clusterFails', index, 'request'],
      () => void kubernetes.faults.set(new RegExp(fault.request), faultOf(fault), times === undefined ? {} : { times }),
    );
  }
}

type SetFault = Parameters<World['sandbox']['kubernetes']['faults']['set']>[1];

function faultOf({ status, retryAfter, never, applied, cut }: ApiFault): SetFault {
  if (cut === true) return { cut };
  if (never === true) return { never, isApplied: applied === true };
  const seconds = retryAfter === undefined ? undefined : (parseDuration(retryAfter) ?? 0) / 1000;
  return { status: status ?? 500, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) };
}

async function changeAlerts(stage: Stage, happening: Happening): Promise<void> {
  const { world } = stage;
  const { fire, resolve, resend, deliver, delivered, silence, unsilence } = happening;
  const [fired, resolved] = [listOf(fire), listOf(resolve)];
  for (const name of fired) world.alertmanager.fire(name);
  for (const name of resolved) world.alertmanager.resolve(name);
  for (const name of listOf(silence)) world.alertmanager.silence(name);
  for (const name of listOf(unsilence)) world.alertmanager.unsilence(name);
  if (delivered !== false) {
    await notify(stage, fired, 'firing');
    await notify(stage, resolved, 'resolved');
    for (const name of fired) repeat(stage, name);
  }
  for (const name of listOf(resend)) await notify(stage, [name], world.alertmanager.fires(name) ? 'firing' : 'resolved');
  if (deliver !== undefined) {
    await notify(stage, listOf(deliver.firing), 'firing');
    await notify(stage, listOf(deliver.resolved), 'resolved');
  }
}

/** One notification a source. */
async function notify({ world, app }: Stage, names: readonly string[], status: 'firing' | 'resolved'): Promise<void> {
  const first = app.sourceNames[0] ?? '';
  const bySource = Map.groupBy(names, (name) => world.alertmanager.alerts(name)[0]?.source ?? first);
  for (const [source, ofSource] of bySource) {
    const alerts = ofSource
      .flatMap((name) => world.alertmanager.alerts(name))
      .map(({ labels, annotations, fingerprint, startsAt, endsAt }) => {
        return {
          status,
          labels,
          annotations,
          fingerprint,
          generatorURL: '',
          startsAt: new Date(startsAt ?? world.clock.now()).toISOString(),
          endsAt: status === 'resolved' ? new Date(endsAt ?? world.clock.now()).toISOString() : '0001-01-01T00:00:00Z',
        };
      });
    await app.receive(source, { version: '4', receiver, status, groupKey: '{}', externalURL: 'http://alertmanager.test', alerts });
  }
}

/** Told again while it fires, and stops with it. */
function repeat(stage: Stage, name: string): void {
  const { world } = stage;
  const [one] = world.alertmanager.alerts(name);
  const { repeat: every, startsAt } = one ?? {};
  const length = every === undefined ? undefined : parseDuration(every);
  if (length === undefined || length === 0) return;
  const timer = world.clock.every(length, () => {
    const [now] = world.alertmanager.alerts(name);
    if (now?.endsAt !== undefined || now?.startsAt !== startsAt) timer.stop();
    else void notify(stage, [name], 'firing');
  });
}

async function restore({ app, cannot }: Stage, { rule, by, reason = '' }: NonNullable<Happening['restore']>): Promise<void> {
  try {
    await restoreRule(app.engine, rule, { by, reason });
  } catch (error) {
    if (!(error instanceof FixpointError)) throw error;
    cannot(['restore'], `it was refused: ${oneLine(error.message)}`);
  }
}

async function actAsPerson(stage: Stage, kind: (typeof personalActs)[number], act: PersonalAct): Promise<void> {
  const { app, cannot } = stage;
  const { rule, kind: of = 'remediation', by, role = 'admin', reason = '', refused } = act;
  const { runs } = await app.store.runs({ limit: 1000, ...(rule === undefined ? {} : { rule }) });
  const ofKind = runs.filter((one) => one.kind === of);
  const run = ofKind.find((one) => fits(kind, one)) ?? ofKind[0];
  if (run === undefined) return cannot([kind], `there is no ${of} run${rule === undefined ? '' : ` of rule ${rule}`} yet`);
  try {
    if (kind === 'undo') await undoByHand(app.engine, run.id, { by, reason });
    else await actOnRun(app.engine, run.id, { kind, by, reason, role });
    if (refused !== undefined) cannot([kind, 'refused'], `it was not refused`);
  } catch (error) {
    if (!(error instanceof FixpointError)) throw error;
    if (refused === undefined) cannot([kind], `it was refused: ${oneLine(error.message)}`);
    else if (!error.message.includes(refused)) cannot([kind, 'refused'], `it was refused for another reason: ${oneLine(error.message)}`);
  }
}

function fits(kind: (typeof personalActs)[number], run: Run): boolean {
  switch (kind) {
    case 'approve':
    case 'deny':
      return run.phase === 'awaiting-approval';
    case 'cancel':
      return !isTerminal(run.phase);
    case 'undo':
      return isTerminal(run.phase);
    case 'acknowledge':
      return true;
  }
}

function listOf(names: string | readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : typeof names === 'string' ? [names] : names;
}
