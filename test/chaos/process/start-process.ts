import { systemIds } from '../../../src/adapters/clock/system-ids.ts';
import { createKubernetesReader } from '../../../src/adapters/kubernetes/reader.ts';
import { createKubernetesWriter } from '../../../src/adapters/kubernetes/writer.ts';
import { redisLedger } from '../../../src/adapters/redis/redis-ledger.ts';
import { RedisLink } from '../../../src/adapters/redis/redis-link.ts';
import { redisQueue } from '../../../src/adapters/redis/redis-queue.ts';
import { redisStore } from '../../../src/adapters/redis/redis-store.ts';
import { createLog } from '../../../src/adapters/telemetry/log.ts';
import { buildServer } from '../../../src/api/server.ts';
import { startLoop } from '../../../src/app/loop.ts';
import { makeEngine } from '../../../src/app/engine.ts';
import { connectOutside } from '../../../src/app/outside.ts';
import { peopleLoops } from '../../../src/app/people-loops.ts';
import { RulebookShelf } from '../../../src/app/rulebook-shelf.ts';
import { sourceDirectory } from '../../../src/app/sources.ts';
import { Teardown } from '../../../src/app/teardown.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { guards } from '../../../src/guards/catalogue.ts';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import type { Dispatch, Engine } from '../../../src/pipeline/engine.ts';
import { demotions, restoreRule } from '../../../src/pipeline/demotion.ts';
import { execute } from '../../../src/pipeline/execute.ts';
import { explain } from '../../../src/pipeline/explain.ts';
import { takeIn } from '../../../src/pipeline/intake.ts';
import type { Notification } from '../../../src/pipeline/notification.ts';
import { attendIncidents, reconcile, reconcileSources } from '../../../src/pipeline/reconcile.ts';
import { replay } from '../../../src/pipeline/replay.ts';
import { undoByHand } from '../../../src/pipeline/undo-by-hand.ts';
import { wakeWaiting } from '../../../src/pipeline/wake-waiting.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Store } from '../../../src/ports/store.ts';
import { isTerminal, phases } from '../../../src/run/phase.ts';
import { mayGo } from '../../../src/run/transition.ts';
import { absentWriters } from '../../support/actions/absent.ts';
import { quietMetrics } from '../../support/pipeline-rig.ts';
import { LightCluster } from './light-cluster.ts';
import { membersFor } from './members.ts';
import type { ProcessOrders } from './orders.ts';
import { sabotagedGuards, sabotagedIntake, sabotagedLedger, sabotagedStore } from './sabotage.ts';
import { currentStint, inStint } from './stint-context.ts';
import { commitPoint, say, type Striker } from './struck-ports.ts';
import { concurrency, every, grace, linkTimeout, redelivery, storeLimits, timing } from './timing.ts';

interface Surroundings {
  readonly striker: Striker;
  readonly clock: Clock;
}

/** The service as `src/app/service.ts` puts it together, with short leases, points to strike at, and sabotage where ordered. */
export async function startProcess(orders: ProcessOrders, { striker, clock }: Surroundings): Promise<{ close(): Promise<void> }> {
  const config = loadConfig({ config: orders.config, rules: `${orders.folder}/rules`, remediations: `${orders.folder}/remediations` }, {});
  const url = config.redis?.().reveal() ?? '';
  const log = createLog({ level: config.logLevel, isTerminal: false });
  const ids = systemIds(clock);
  const teardown = new Teardown({ clock, log });
  const link = new RedisLink({ url, log, timeoutMs: linkTimeout });
  teardown.add('link', () => link.close());
  const law = { version: orders.version, phases, isTerminal, mayGo };
  const plain = redisStore({ link, url, law, log, limits: storeLimits });
  teardown.add('store', () => plain.close());
  const honest = sabotagedStore(ofVersion(plain, orders.version), link, orders.sabotage);
  const store = striker.bind(noting(honest), 'store', (method, given) =>
    method === 'commit' ? commitPoint(given[0] as never) : `store.${method}`,
  );
  const ledger = striker.bind(sabotagedLedger(redisLedger({ link, limits: storeLimits }), link, orders.sabotage), 'ledger');
  const shared = { link, url, log, clock, redelivery };
  const intake = striker.bind(sabotagedIntake(redisQueue<Notification>({ ...shared, name: 'intake' }), orders.sabotage), 'intake');
  teardown.add('intake queue', () => intake.close());
  const dispatches = striker.bind(redisQueue<Dispatch>({ ...shared, name: 'runs' }), 'dispatches');
  teardown.add('run queue', () => dispatches.close());
  const { actions, shapes } = membersFor(orders.sabotage);
  const shelf = new RulebookShelf({ place: config, shapes, store, log, loaded: () => {} });
  shelf.load();
  const outside = connectOutside(config, { clock, log });
  teardown.add('outside', () => outside.close());
  const stopping = new AbortController();
  const base = makeEngine(
    {
      worker: String(process.pid),
      store,
      ledger,
      dispatches,
      clock,
      ids,
      log,
      metrics: quietMetrics,
      stopping: stopping.signal,
      localPause: () => undefined,
    },
    { config, outside, shelf, speed: 1 },
  );
  const engine = {
    ...base,
    ...reaching(base, config, striker),
    actions,
    guards: sabotagedGuards(guards, orders.sabotage),
    timing,
  };
  const sourceNamed = sourceDirectory(config);
  const loop = (name: string, ms: number, work: () => Promise<void>): void => {
    const running = startLoop({ clock, log, name, every: ms }, work);
    teardown.add(name, () => running.stop());
  };
  loop('rules', every.rules, () => shelf.keep());
  if (orders.role === 'worker') {
    const consumers = [
      intake.consume({
        concurrency: concurrency.intake,
        handler: (notification) => takeIn(engine, sourceNamed(notification.source), notification),
      }),
      dispatches.consume({ concurrency: concurrency.runs, handler: (dispatch, signal) => executeNoted(engine, dispatch, signal) }),
    ];
    teardown.add('consumers', async () => void (await Promise.all(consumers.map((consumer) => consumer.close(grace)))), grace + 1000);
    teardown.add('work in hand', () => stopping.abort());
    loop('reconciler', every.reconcile, () => reconcile(engine));
    loop('incident attendance', every.reconcile, () => attendIncidents(engine));
    loop('source reconciler', every.sources, () => reconcileSources(engine, sourceNamed));
    const calls = outside.people.calls.map((channel) => striker.bind(channel, 'people', () => 'people.call'));
    const people = { calls, notices: outside.people.notices };
    const loops = peopleLoops(engine, { config, outside: { people, silencer: outside.silencer } });
    for (const { name, every: ms, work } of loops) loop(name, ms, work);
    loop('sweep', every.sweep, () => store.sweep());
    return { close: () => teardown.run() };
  }
  const server = buildServer({
    isLoopback: true,
    access: { tokens: [] },
    sources: config.sources,
    store,
    intake,
    operations: {
      act: (kind, run, wish) => actOnRun(engine, run, { kind, ...wish }),
      undo: (run, wish) => undoByHand(engine, run, wish),
      pauseLifted: async () => void (await wakeWaiting(engine, 'paused')),
      restore: (rule, wish) => restoreRule(engine, rule, wish),
      demotions: () => demotions(engine),
      replay: (request) => replay(engine, sourceNamed, request),
      explain: (message, source) => explain(engine, sourceNamed(source), message),
      reload: async () => shelf.load(),
    },
    rulebook: () => shelf.current,
    actions: [],
    guards: [],
    clock,
    ids,
    metrics: quietMetrics,
    metricsText: () => Promise.resolve(''),
    log,
    ready: async () => ({ ready: (await store.time()) > 0, reasons: [] }),
  });
  teardown.add('API', () => server.close());
  await server.listen(config.listen);
  return { close: () => teardown.run() };
}

/** The ways to the targets and to evidence, with points to strike at. */
function reaching(base: Engine, config: Config, striker: Striker): Pick<Engine, 'kubernetes' | 'writers' | 'evidence' | 'prometheus'> {
  const world = config.sources[0]?.alertmanager ?? '';
  const cluster = new LightCluster(world);
  const struck = striker.bind(cluster, 'target', (method, given) =>
    method === 'send' ? `target.${(given[0] as { method: string }).method === 'GET' ? 'read' : 'change'}` : method,
  );
  const clusters = new Map([['default', struck]]);
  return {
    kubernetes: createKubernetesReader(clusters),
    writers: (permit) => ({
      kubernetes: createKubernetesWriter(clusters, () => permit()),
      http: striker.bind(base.writers(permit).http, 'http', () => 'target.ring'),
      ...absentWriters,
    }),
    evidence: striker.bind(base.evidence, 'evidence'),
    prometheus: striker.bind(base.prometheus, 'prometheus'),
  };
}

/** Records as another version of the code would write them. */
function ofVersion(store: Store, version: number): Store {
  return {
    ...store,
    createRuns: (runs) => store.createRuns(runs.map(({ run, entries }) => ({ run: { ...run, version }, entries }))),
    commit: (commit) => store.commit({ ...commit, run: { ...commit.run, version } }),
  };
}

/** Tells of claims and of what is given back, and remembers the fence for what is sent under it. */
function noting(store: Store): Store {
  return {
    ...store,
    async commit(commit) {
      const result = await store.commit(commit);
      if (commit.release !== undefined && result.outcome === 'committed') say({ said: 'left', run: commit.run.id, at: Date.now() });
      return result;
    },
    async claim(wanted, worker, lease) {
      const claim = await store.claim(wanted, worker, lease);
      if (claim.outcome !== 'claimed') return claim;
      say({ said: 'claimed', run: claim.stored.run.id, at: Date.now() });
      const stint = currentStint();
      if (stint !== undefined) stint.fence = claim.fence;
      return claim;
    },
  };
}

async function executeNoted(engine: Engine, dispatch: Dispatch, signal: AbortSignal): Promise<void> {
  await inStint({ run: dispatch.run, fence: 0 }, () => execute(engine, dispatch, signal));
  say({ said: 'left', run: dispatch.run, at: Date.now() });
}
