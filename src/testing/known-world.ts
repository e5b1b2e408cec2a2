import { messageOf } from '../errors.ts';
import { ManualClock } from '../sandbox/clock.ts';
import { createCluster } from '../sandbox/kubernetes/cluster.ts';
import { resources } from '../sandbox/kubernetes/resource.ts';
import { patientKinds, platforms } from '../sandbox/patients/catalogue.ts';
import { parseFaultName } from '../sandbox/patients/fault.ts';
import type { Manifest } from './world-text.ts';

/** Names that tests may use of what is simulated. */
export const simulatedPlatforms: readonly string[] = platforms.map(({ name }) => name);
export const simulatedKinds: readonly string[] = resources.map(({ kind }) => kind);

/** The faults that a platform knows, stubborn twins included. */
export function faultsOf(platform: string): readonly string[] {
  const kind = patientKinds.find((one) => one.platform.name === platform);
  if (kind === undefined) return [];
  const clock = new ManualClock();
  const cluster = createCluster({ clock, ids: () => 'none' });
  const names = kind.create({ clock, cluster, stores: { redis: new Map(), postgres: new Map() } }).faults.names;
  cluster.close();
  return names.flatMap((name) => [name, `${name}-stubborn`]).filter((name) => parseFaultName(name).name !== '');
}

/** Why the API server would refuse an object; undefined where it would not. */
export function problemOfManifest(manifest: Manifest): string | undefined {
  if (!simulatedKinds.includes(manifest.kind)) return undefined;
  let count = 0;
  const cluster = createCluster({ clock: new ManualClock(), ids: () => `id-${(count += 1)}` });
  try {
    cluster.create(manifest);
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    cluster.close();
  }
}
