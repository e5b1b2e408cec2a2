import { ManualClock } from '../../sandbox/clock.ts';
import { createSandbox } from '../../sandbox/sandbox.ts';
import type { PatientView } from './game-day.ts';

/** A fault of a platform and the alerts that tell of it, the first foremost. */
export interface KnownFault {
  readonly platform: string;
  readonly fault: string;
  readonly alerts: readonly string[];
  /** Whether no remediation is there for it: it ends with a call to a person, also where it is not stubborn. */
  readonly isForPeople: boolean;
  /** Whether a rule about it measures time in a real database, so that it can be played at real speed only. */
  readonly isAtRealSpeed: boolean;
}

/** Until pods have started, and until what fails shows, ms of the sandbox. */
const startMs = 120_000;
const showMs = 120_000;

/** All faults of all platforms that make an incident. Where nothing says which alerts tell of one, that is found out: it is given, and what ails then is looked at. */
export async function knownFaults(): Promise<readonly KnownFault[]> {
  const clock = new ManualClock();
  const sandbox = createSandbox({ speed: 1, clock, wallNow: () => clock.now() });
  const patients = async (): Promise<readonly PatientView[]> => {
    const request = { method: 'GET', path: '/patients', query: new URLSearchParams(), headers: {}, body: '' };
    const response = await sandbox.handlers.control(request, new AbortController().signal);
    const text = 'body' in response ? response.body : '';
    return (JSON.parse(text) as { patients: readonly PatientView[] }).patients;
  };
  try {
    clock.advance(startMs);
    const found: KnownFault[] = [];
    for (const { platform, knownFaults: faults, alerts, faultAlerts, faultsForPeople, faultsAtRealSpeed } of await patients()) {
      // What harms nobody by itself is no incident.
      for (const fault of faults.filter((name) => faultAlerts[name]?.length !== 0)) {
        const claiming = [...(faultAlerts[fault] ?? alerts.filter((alert) => sandbox.faultFor(platform, alert, {}) === fault))];
        if (claiming.length === 0 && sandbox.inject(platform, fault)) {
          clock.advance(showMs);
          claiming.push(...((await patients()).find((one) => one.platform === platform)?.unwell ?? []));
          sandbox.heal(platform);
          clock.advance(showMs);
        }
        found.push({
          platform,
          fault,
          alerts: claiming,
          isForPeople: faultsForPeople.includes(fault),
          isAtRealSpeed: faultsAtRealSpeed.includes(fault),
        });
      }
    }
    return found;
  } finally {
    await sandbox.close();
  }
}
