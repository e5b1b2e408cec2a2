import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLog } from '../../adapters/telemetry/log.ts';
import { loadConfig } from '../../config/load.ts';
import { codeOf, FixpointError } from '../../errors.ts';
import { startService, type Service } from '../service.ts';
import { askJson } from './game-day-api.ts';
import type { Surroundings } from './surroundings.ts';

/** One fault of one platform, as it is given. */
export interface GivenFault {
  readonly platform: string;
  readonly fault: string;
  readonly isStubborn: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

export interface GameDayWanted {
  readonly rules: string;
  readonly remediations: string;
  /** Keys of `fixpoint.yaml` besides those a game day needs. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** How one of the platforms is. */
export interface PatientView {
  readonly platform: string;
  readonly isUnwell: boolean;
  readonly faults: readonly { readonly fault: string; readonly labels: Readonly<Record<string, string>>; readonly isCured: boolean }[];
  readonly knownFaults: readonly string[];
  readonly alerts: readonly string[];
  /** Which of them tell of a fault, where that is declared. */
  readonly faultAlerts: Readonly<Record<string, readonly string[]>>;
  /** For which no remediation is there. */
  readonly faultsForPeople: readonly string[];
  /** Which take their time at any speed. */
  readonly faultsAtRealSpeed: readonly string[];
  /** Of its alerts, those that it gives reason for now. */
  readonly unwell: readonly string[];
}

/** A service with its simulated platforms in surroundings as real as there are. */
export interface GameDay {
  readonly surroundings: Surroundings;
  readonly service: Service;
  /** Where Prometheus's API is: the real one, or the sandbox's. */
  readonly prometheusUrl: string;
  /** Where the log of the service is. */
  readonly log: string;
  patient(platform: string): Promise<PatientView>;
  /** Throws `params.invalid` where the platform has no such fault for these labels. */
  inject(fault: GivenFault): Promise<void>;
  close(): Promise<void>;
}

/** Starts a service on a folder of its own: nothing of the user's configuration counts, so that nothing real is in reach. */
export async function startGameDay(surroundings: Surroundings, { rules, remediations, more = {} }: GameDayWanted): Promise<GameDay> {
  const { folder: parent, port, platforms, ports, speed, stores, watchers } = surroundings;
  const redis = await surroundings.startStore();
  const folder = join(parent, `service-${new URL(redis).port}`);
  mkdirSync(folder, { mode: 0o700 });
  const file = join(folder, 'fixpoint.yaml');
  writeFileSync(join(folder, 'fixpoint-token'), watchers?.token ?? '', { mode: 0o600 });
  writeFileSync(file, JSON.stringify({ ...fixpointConfig(watchers), ...more }, null, 2), { mode: 0o600 });
  const flags = { config: file, data: join(folder, 'data'), redis, rules, remediations, listen: `127.0.0.1:${port}` };
  const log = join(folder, 'fixpoint.log');
  const service = await startService({
    config: loadConfig(flags, {}),
    role: 'all',
    sandbox: { speed, platforms, ports, stores },
    isTerminal: false,
    log: createLog({ level: 'info', isTerminal: false, write: (line) => appendFileSync(log, line) }),
  });
  const { controlUrl = '', prometheusUrl = '' } = service.sandbox ?? {};

  async function patient(platform: string): Promise<PatientView> {
    const { patients } = await askJson<{ patients: readonly PatientView[] }>(`${controlUrl}/patients`);
    const found = patients.find((one) => one.platform === platform);
    if (found !== undefined) return found;
    throw new FixpointError(
      'params.invalid',
      `there is no platform ${platform}; there are ${patients.map((one) => one.platform).join(', ')}`,
    );
  }

  return {
    surroundings,
    service,
    prometheusUrl: watchers?.prometheusUrl ?? prometheusUrl,
    log,
    patient,
    async inject(given) {
      const { platform, labels } = given;
      const request = { method: 'PUT', body: { fault: faultName(given), labels } } as const;
      try {
        await askJson(`${controlUrl}/patients/${platform}/fault`, request);
      } catch (error) {
        if (codeOf(error) !== 'internal') throw error;
        throw new FixpointError('params.invalid', refusal(given, surroundings.missing), { cause: error });
      }
    },
    close: () => service.close(),
  };
}

/** As the sandbox calls it. */
function faultName({ fault, isStubborn }: Pick<GivenFault, 'fault' | 'isStubborn'>): string {
  return isStubborn ? `${fault}-stubborn` : fault;
}

function refusal({ platform, fault, labels }: GivenFault, missing: readonly string[]): string {
  const where = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const why = missing.length === 0 ? '' : `; it may need what is missing: ${missing.join('; ')}`;
  return `${platform} cannot have the fault ${fault}${where.length === 0 ? '' : ` with ${where.join(', ')}`}${why}`;
}

/** What a real `fixpoint.yaml` says of a real Alertmanager and Prometheus; without them the sandbox's own sources do. */
function fixpointConfig(watchers: Surroundings['watchers']): object {
  if (watchers === undefined) return {};
  return {
    sources: {
      default: {
        credentials: [{ bearer: { file: 'fixpoint-token' } }],
        evidence: 'api',
        alertmanager: watchers.alertmanagerUrl,
        prometheus: watchers.prometheusUrl,
      },
    },
    escalation: [{ alertmanager: { url: watchers.alertmanagerUrl } }],
  };
}
