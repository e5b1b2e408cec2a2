import { SetupError } from './announce.mjs';
import { aptInstall, aptProblem, thisMachine } from './apt.mjs';
import { findServer } from './servers.mjs';

/**
 * @typedef {import('./servers.mjs').Server} Server
 * @typedef {import('./apt.mjs').Machine} Machine
 */

/**
 * Installs the servers that are missing, where that is possible and wanted; else says which line installs them.
 * @param {readonly Server[]} wanted
 * @param {Machine} machine
 */
export async function ensureServers(wanted, machine = thisMachine()) {
  const missing = missingServers(wanted, machine);
  if (missing.length === 0) return;
  const names = missing.map((server) => server.name).join(', ');
  if (machine.env['FIXPOINT_INSTALL'] === 'no') {
    throw new SetupError(`${names} needed, and FIXPOINT_INSTALL=no forbids installing. Run: ${lineToRun(missing)}`);
  }
  const problem = aptProblem(machine);
  if (problem !== undefined) throw new SetupError(`${names} needed, and ${problem}. Run: ${lineToRun(missing)}`);

  const packages = missing.map((server) => server.debian);
  machine.announce(`Installing ${packages.join(', ')} with apt, their services kept stopped (FIXPOINT_INSTALL=no refuses) …`);
  await aptInstall({ packages, services: missing.map((server) => server.service) }, machine);
  const still = missingServers(missing, machine);
  if (still.length > 0) {
    throw new SetupError(`${still.map((server) => server.name).join(', ')} cannot be found after installing. Run: ${lineToRun(still)}`);
  }
}

/**
 * @param {readonly Server[]} wanted
 * @param {Machine} machine
 */
function missingServers(wanted, { env }) {
  return wanted.filter((server) => findServer(server, { path: env['PATH'] ?? '' }) === undefined);
}

/** @param {readonly Server[]} missing */
function lineToRun(missing) {
  if (process.platform === 'darwin') return `brew install ${missing.map((server) => server.brew).join(' ')}`;
  return `sudo apt-get install ${missing.map((server) => server.debian).join(' ')}`;
}
