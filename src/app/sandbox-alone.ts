import { systemClock } from '../adapters/clock/system-clock.ts';
import { systemIds } from '../adapters/clock/system-ids.ts';
import { createSandbox } from '../sandbox/sandbox.ts';
import type { SandboxAddresses } from '../sandbox/sandbox-addresses.ts';

/** The simulated platforms without a service. */
export async function startSandbox(speed: number): Promise<{ addresses: SandboxAddresses; close(): Promise<void> }> {
  const clock = systemClock();
  const sandbox = createSandbox({ speed, seed: systemIds(clock).next(), wallNow: () => clock.now() });
  return { addresses: await sandbox.listen(), close: () => sandbox.close() };
}
