import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { actions } from '../actions/catalogue.ts';
import { systemClock } from '../adapters/clock/system-clock.ts';
import { systemIds } from '../adapters/clock/system-ids.ts';
import { makeFolder } from '../adapters/make-folder.ts';
import { ownIdentity } from '../adapters/redis/own-identity.ts';
import { redisLedger } from '../adapters/redis/redis-ledger.ts';
import { RedisLink } from '../adapters/redis/redis-link.ts';
import { redisQueue } from '../adapters/redis/redis-queue.ts';
import { redisStore } from '../adapters/redis/redis-store.ts';
import { createLog } from '../adapters/telemetry/log.ts';
import { createMetrics } from '../adapters/telemetry/metrics.ts';
import { buildServer } from '../api/server.ts';
import type { Config } from '../config/config.ts';
import { FixpointError, messageOf } from '../errors.ts';
import { guards } from '../guards/catalogue.ts';
import type { Dispatch } from '../pipeline/engine.ts';
import { execute } from '../pipeline/execute.ts';
import { takeIn } from '../pipeline/intake.ts';
import type { Notification } from '../pipeline/notification.ts';
import { keepHistory } from '../pipeline/keep-history.ts';
import { longestLease } from '../pipeline/longest-lease.ts';
import type { Projector } from '../pipeline/projector.ts';
import type { Log } from '../ports/log.ts';
import { SourceWatch } from '../pipeline/source-watch.ts';
import type { Mode } from '../rule/mode.ts';
import { countModes, type ModeCounts } from './mode-counts.ts';
import { isTerminal, phases } from '../run/phase.ts';
import { runVersion } from '../run/run.ts';
import { mayGo } from '../run/transition.ts';
import { accessOf } from './access.ts';
import { loadClusterSecrets, readClusterSecrets, readSecretsEvery } from './cluster-secrets.ts';
import { keepExamining } from './doctor/keep-examining.ts';
import { makeEngine } from './engine.ts';
import { handAlerts } from './hand-alerts.ts';
import { isLoopback, listen } from './listen.ts';
import { loopsOf } from './loop.ts';
import { beatEvery, Membership } from './membership.ts';
import { localPause } from './local-pause.ts';
import { openHistory } from './open-history.ts';
import { operationsOf } from './operations.ts';
import { postWebhook } from './post-webhook.ts';
import { openTracing } from './open-tracing.ts';
import { connectOutside } from './outside.ts';
import { ownPostgres } from './own-postgres.ts';
import { openPractice, type SandboxWish } from './open-practice.ts';
import { ownRedis } from './own-redis.ts';
import { readPage } from './page-assets.ts';
import { readiness } from './readiness.ts';
import { RulebookShelf } from './rulebook-shelf.ts';
import type { SandboxPlace } from './sandbox-config.ts';
import { shapes } from './shapes.ts';
import { sourceDirectory, watchedSources } from './sources.ts';
import { startProjector } from './start-projector.ts';
import { Teardown } from './teardown.ts';
import { TlsFiles } from './tls-files.ts';
import { version } from './version.ts';
import { workerLoops } from './worker-loops.ts';

export interface ServiceOptions {
  readonly config: Config;
  /** `api` takes notifications and answers people, `worker` does the work, `all` both. */
  readonly role: 'all' | 'api' | 'worker';
  readonly sandbox?: SandboxWish;
  readonly isTerminal: boolean;
  /** Instead of standard output. */
  readonly log?: Log;
}

export interface Service {
  readonly url: string;
  readonly redis: string;
  readonly rules: number;
  readonly modes: ModeCounts;
  /** `limits.mode`. */
  readonly limit?: Mode;
  readonly sandbox?: SandboxPlace & { readonly speed: number; readonly platforms: readonly string[] };
  /** Loads the rules anew, logging what is wrong with them. */
  reload(): void;
  close(): Promise<void>;
}

/** How many notifications and runs one process works on at once. */
const concurrency = { intake: 4, runs: 32 };

/** How long work in hand may take to come to a good place when the process stops, ms. */
const grace = 8000;

/** From configuration to a running service, in one line from top to bottom; what it opens is closed in reverse. */
export async function startService({ config: given, role, sandbox: wanted, ...options }: ServiceOptions): Promise<Service> {
  const clock = systemClock();
  const ids = systemIds(clock);
  const log = options.log ?? createLog({ level: given.logLevel, isTerminal: options.isTerminal });
  const teardown = new Teardown({ clock, log });
  try {
    if (wanted !== undefined && given.tls !== undefined)
      throw new FixpointError('config.invalid', 'the sandbox posts to this service over plain HTTP; leave tls out to practise');
    const isWritten = wanted !== undefined || (given.redis === undefined && given.redisSentinel === undefined);
    makeFolder({ path: resolve(given.data), what: 'the data folder', instead: '--data', isWritten });
    const redis = await ownRedis(given, log);
    teardown.add('own Redis', () => redis.stop(), 15_000);

    const speed = wanted?.speed ?? 1;
    let ownUrl = '';
    const deliver = (platform: string, body: object) => postWebhook(ownUrl, { source: platform, body });
    const practice = wanted === undefined ? undefined : await openPractice(given, { wanted, clock, ids, log, deliver, teardown });
    const sandbox = practice?.sandbox;
    const config = practice?.config ?? given;

    const link = new RedisLink({ url: redis.url, log });
    teardown.add('Redis link', () => link.close());
    const law = { version: runVersion, phases, isTerminal, mayGo };
    const store = redisStore({ link, url: redis.url, law, log });
    teardown.add('store', () => store.close());
    const ledger = redisLedger({ link });
    const intake = redisQueue<Notification>({ name: 'intake', link, url: redis.url, log, clock });
    teardown.add('intake queue', () => intake.close());
    const dispatches = redisQueue<Dispatch>({ name: 'runs', link, url: redis.url, log, clock });
    teardown.add('run queue', () => dispatches.close());

    const history = openHistory(config.history, log);
    if (history !== undefined) teardown.add('history', () => history.close());

    const worker = `${hostname()}-${process.pid}-${ids.next()}`;
    const paused = localPause({ clock, log, process: worker, file: config.pauseFile, byEnvironment: config.pausedByEnvironment });
    const watching = clock.every(500, () => void paused());
    teardown.add('looks at the pause file', () => watching.stop());

    let rules: readonly string[] = [];
    let projector: Projector | undefined;
    const journalLag = async () => await projector?.lag();
    const sources = new SourceWatch({ store, log, watched: watchedSources(config) });
    const ready = async () => await readiness(store, { redis, sources, paused });
    const metrics = createMetrics({
      version,
      rules: () => rules,
      read: { store, ledger, queues: { intake, runs: dispatches }, journalLag, ready, silences: () => sources.look(), paused },
      clock,
    });
    const shelf = new RulebookShelf({
      place: config,
      shapes: shapes(),
      store,
      log,
      loaded(rulebook) {
        if (rulebook === undefined) return metrics.rulesRefused();
        rules = rulebook.rules.map(({ name }) => name);
        metrics.rulesLoaded(rulebook.rules.length, clock.now());
      },
    });
    shelf.load();

    const own = { redis: () => ownIdentity(link), postgres: ownPostgres(config) };
    const outside = connectOutside(config, { clock, log, own });
    teardown.add('connections outside', () => outside.close());
    await loadClusterSecrets(config.kubernetesSecrets, { ...outside, log });
    const tracing = await openTracing(config, { log, instance: worker });
    if (tracing !== undefined) teardown.add('traces', () => tracing.close());
    const stopping = new AbortController();
    const engine = makeEngine(
      {
        worker,
        store,
        ledger,
        dispatches,
        clock,
        ids,
        log,
        metrics,
        stopping: stopping.signal,
        localPause: () => redis.unfit() ?? paused()?.reason,
        ...(tracing === undefined ? {} : { tracing }),
        ...(history === undefined ? {} : { past: (id: string) => history.run(id) }),
      },
      { config, outside, shelf, speed },
    );
    const sourceNamed = sourceDirectory(config);

    const membership = new Membership({
      store,
      clock,
      log,
      self: () => ({ id: worker, role, rulebook: shelf.current.hash, history: config.history.kind }),
      seen: (replicas) => metrics.replicasSeen(replicas.map(({ rulebook }) => rulebook)),
    });
    await membership.join();
    teardown.add('membership', () => membership.leave());
    const loop = loopsOf({ clock, log, teardown }, 'loops of a member');
    // No loop: a stop must not wait for a Redis that is away.
    const looking = clock.every(3000, () => void redis.look());
    teardown.add('looks at our Redis', () => looking.stop());
    loop('membership', beatEvery, () => membership.beat());
    loop('secrets', readSecretsEvery, async () => void (await readClusterSecrets(config.kubernetesSecrets, { ...outside, log })));
    loop('rules', 1000, async () => {
      shelf.loadIfChanged();
      await shelf.keep();
    });
    if (role !== 'api') {
      for (const { name, heartbeat } of config.sources) if (heartbeat !== undefined) metrics.heartbeat(name);
      if (history !== undefined) {
        const running = await startProjector({ store, history, clock, ids, log, freezeLength: () => longestLease(engine) });
        projector = running;
        teardown.add('projector', () => running.stop());
      }
      const intakeConsumer = intake.consume({
        concurrency: concurrency.intake,
        handler: (notification) => takeIn(engine, sourceNamed(notification.source), notification),
      });
      const runConsumer = dispatches.consume({
        concurrency: concurrency.runs,
        handler: (dispatch, signal) => execute(engine, dispatch, signal),
      });
      const consumers = [intakeConsumer, runConsumer];
      teardown.add('consumers', async () => void (await Promise.all(consumers.map((consumer) => consumer.close(grace)))), grace + 2000);
      teardown.add('work in hand', () => stopping.abort());
      const workerLoop = loopsOf({ clock, log, teardown }, 'loops of a worker');
      workerLoop('silent sources', 5000, () => sources.turn());
      for (const { name, every, work } of workerLoops(engine, { config, outside, sourceNamed })) workerLoop(name, every, work);
      if (history !== undefined)
        workerLoop('history sweep', 60_000, async () => keepHistory(history, (await store.time()) - config.history.keep));
    }

    const tls = config.tls === undefined ? undefined : new TlsFiles(config.tls, (at) => metrics.certificateEnds(at));
    const server = buildServer({
      isLoopback: isLoopback(config.listen.host),
      access: accessOf(config, { clusters: outside.clusters, clock }),
      ...(tls === undefined ? {} : { tls: tls.read() }),
      sources: config.sources,
      store,
      ...(history === undefined ? {} : { history }),
      intake,
      operations: operationsOf(engine, { shelf, sourceNamed }),
      rulebook: () => shelf.current,
      actions: [...actions.values()].map(({ name, summary, effect }) => ({ name, summary, effect })),
      guards: guards.map(({ name, summary, tier }) => ({ name, summary, tier })),
      clock,
      ids,
      metrics,
      ...(tracing === undefined ? {} : { tracing }),
      metricsText: () => metrics.text(),
      log,
      ready,
      localPause: paused,
      page: readPage(),
      ...(practice === undefined
        ? {}
        : {
            accepted: handAlerts(practice.sandbox, practice.sandboxSources, sourceNamed),
            sourceOf: (labels) => practice.sandbox.platformFor(labels['alertname'] ?? ''),
          }),
    });
    teardown.add('API', () => server.close(), grace);
    if (tls !== undefined) loop('TLS files', 1000, async () => tls.renew(server.server, log));
    await sandbox?.whenRunning();
    ownUrl = await listen(server, config.listen);
    void outside.warm().catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'Kubernetes client could not be made ready'));
    if (role !== 'api') {
      const doctor = keepExamining({
        config,
        rulebook: () => shelf.current,
        outside,
        clock,
        log,
        silences: () => sources.look(),
        found: (problems) => metrics.doctorFound(problems),
      });
      teardown.add('doctor', () => doctor.stop());
    }
    return {
      url: ownUrl,
      redis: redis.describe,
      rules: shelf.current.rules.length,
      modes: countModes(shelf.current.rules),
      ...(config.limits.mode === undefined ? {} : { limit: config.limits.mode }),
      ...(practice === undefined
        ? {}
        : { sandbox: { ...practice.place, speed, platforms: practice.sandbox.platforms.map(({ name }) => name) } }),
      reload: () => shelf.reload(),
      close: () => teardown.run(),
    };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
