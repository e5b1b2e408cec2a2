import type { Cluster } from '../../kubernetes/cluster.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import { listAt } from '../../kubernetes/plain.ts';
import type { ExecOutcome } from '../../kubernetes/serve/exec.ts';
import type { Fault } from '../fault.ts';
import type { FaultKind } from '../fault-book.ts';
import { gauge, type Metric } from '../series.ts';
import { restoreCronJob } from './platform.ts';

const primary = 'postgresql-0';
const standby = 'postgresql-1';
const members = [primary, standby];

/** How far the standby is behind its primary, s; what is lost when it takes over. */
const ordinaryLag = 0.4;
const lagAtLoss = 2.5;

const volumeBytes = 100 * 2 ** 30;
const freeBytes = 61 * 2 ** 30;

type Hospital = Pick<Cluster, 'get' | 'list' | 'createdAtMs' | 'setPodReady'>;

export type DatabaseFault = 'primary-lost' | 'data-lost';

/** The PostgreSQL of the platform beyond hanging: a primary whose disk is gone, or data that both have lost. */
export class GuardrailsDatabase {
  readonly #cluster: Hospital;
  readonly #namespace: string;
  readonly #find: (fault: DatabaseFault) => Fault | undefined;
  #promotedAt = -Infinity;
  #isHeldDown = false;

  constructor(world: {
    readonly cluster: Hospital;
    readonly namespace: string;
    /** A fault of this name that is not cured. */
    readonly find: (fault: DatabaseFault) => Fault | undefined;
  }) {
    this.#cluster = world.cluster;
    this.#namespace = world.namespace;
    this.#find = world.find;
  }

  readonly kinds: Readonly<Record<DatabaseFault, FaultKind>> = {
    'primary-lost': { isLasting: false, isCured: ({ since }) => this.#promotedAt >= since },
    'data-lost': { isLasting: false, isCured: ({ since }) => this.#restoredSince(since) },
  };

  isLost(): boolean {
    return this.#down().length > 0;
  }

  /** What cannot start is not ready, also when its pod is made anew; once it is mended, its pods are. */
  step(): void {
    const down = this.#down();
    for (const name of members) {
      const pod = this.#cluster.get('Pod', this.#namespace, name);
      if (pod === undefined) continue;
      if (down.includes(name) && isReady(pod)) this.#cluster.setPodReady(this.#namespace, name, false);
      if (down.length === 0 && this.#isHeldDown && !isReady(pod)) this.#cluster.setPodReady(this.#namespace, name, true);
    }
    this.#isHeldDown = down.length > 0;
  }

  /** `pg_ctlcluster 15 main promote`; undefined where the command is another one. */
  exec(pod: string, argv: readonly string[], now: number): ExecOutcome | undefined {
    if (argv[0] !== 'pg_ctlcluster' || argv.at(-1) !== 'promote') return undefined;
    if (pod !== standby) return { exitCode: 1, stderr: 'pg_ctl: cannot promote server; server is not in standby mode\n' };
    if (this.#down().includes(standby)) return { exitCode: 1, stderr: 'pg_ctl: PID file does not exist\n' };
    this.#promotedAt = now;
    return { exitCode: 0, stdout: 'server promoting\n' };
  }

  metrics(isUp: boolean): readonly Metric[] {
    const claims = members.map((name) => ({ persistentvolumeclaim: `data-${name}` }));
    return [
      gauge('pg_up', 'Whether the database answers.', [[{}, isUp ? 1 : 0]]),
      gauge('pg_replication_lag_seconds', 'How far the standby is behind.', [[{}, this.isLost() ? lagAtLoss : ordinaryLag]]),
      gauge(
        'kubelet_volume_stats_available_bytes',
        'Free bytes of a volume.',
        claims.map((labels) => [labels, freeBytes]),
      ),
      gauge(
        'kubelet_volume_stats_capacity_bytes',
        'Bytes of a volume.',
        claims.map((labels) => [labels, volumeBytes]),
      ),
    ];
  }

  #down(): readonly string[] {
    if (this.#find('data-lost') !== undefined) return members;
    return this.#find('primary-lost') === undefined ? [] : [primary];
  }

  /** Whether the Job that is prepared for it has restored the data. */
  #restoredSince(moment: number): boolean {
    return this.#cluster
      .list('Job', this.#namespace)
      .some(
        (job) =>
          (this.#cluster.createdAtMs(job) ?? 0) > moment &&
          (job.metadata.ownerReferences ?? []).some(({ name }) => name === restoreCronJob) &&
          listAt(job, 'status', 'conditions').some(({ type, status }) => type === 'Complete' && status === 'True'),
      );
  }
}

function isReady(pod: KubernetesObject): boolean {
  return listAt(pod, 'status', 'conditions').some(({ type, status }) => type === 'Ready' && status === 'True');
}
