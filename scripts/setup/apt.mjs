import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { announce, SetupError } from './announce.mjs';

/**
 * What installing depends on.
 * @typedef {object} Machine
 * @property {NodeJS.ProcessEnv} env where apt-get is found, and what it inherits
 * @property {number | undefined} userId
 * @property {string} policyFile the script that decides whether a package may start its services
 * @property {number} lockPatienceMs how long another apt is waited for
 * @property {number} pauseMs between two looks
 * @property {(line: string) => void} announce is told each step before it is done
 */

const ourPolicy = '#!/bin/sh\n# Written by the set-up of Fixpoint while it installs packages; removed afterwards.\nexit 101\n';

/** @returns {Machine} */
export function thisMachine() {
  return {
    env: process.env,
    userId: process.getuid?.(),
    policyFile: '/usr/sbin/policy-rc.d',
    lockPatienceMs: 120_000,
    pauseMs: 2000,
    announce,
  };
}

/**
 * @param {Machine} machine
 * @returns {string | undefined} why this machine cannot install Debian packages by itself
 */
export function aptProblem({ env, userId, policyFile }) {
  if (userId !== 0) return 'only root can install packages';
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore', env }).error !== undefined) return 'there is no apt-get here';
  if (existsSync(policyFile) && readFileSync(policyFile, 'utf8') !== ourPolicy && !forbidsStarting(policyFile)) {
    return `${policyFile} lets new services start, which is not wanted and not ours to change`;
  }
  return undefined;
}

/**
 * Installs packages without starting their services, now or at the next boot.
 * @param {{ packages: readonly string[], services: readonly string[] }} what
 * @param {Machine} machine
 */
export async function aptInstall({ packages, services }, machine) {
  const release = keepServicesStopped(machine.policyFile);
  try {
    const update = await apt(['update'], machine);
    if (update.status !== 0) machine.announce('apt-get update failed; trying with the package lists that are here …');
    const install = await apt(['install', '--yes', '--no-install-recommends', ...packages], machine);
    if (install.status !== 0) throw new SetupError(`apt-get could not install ${packages.join(', ')}:\n${install.output.trim()}`);
    for (const service of services) spawnSync('systemctl', ['disable', '--quiet', service], { stdio: 'ignore', env: machine.env });
  } finally {
    release();
  }
}

/**
 * apt waits by itself for the lock of dpkg, but not for the one of its lists and its cache.
 * @param {readonly string[]} args
 * @param {Machine} machine
 * @returns {Promise<{ status: number | null, output: string }>}
 */
async function apt(args, { env, lockPatienceMs, pauseMs, announce: tell }) {
  const deadline = Date.now() + lockPatienceMs;
  for (;;) {
    const run = spawnSync('apt-get', ['-q', '-o', `DPkg::Lock::Timeout=${Math.ceil(lockPatienceMs / 1000)}`, ...args], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    });
    if (run.error !== undefined) throw new SetupError(`apt-get cannot be run: ${run.error.message}`);
    const output = `${run.stdout}${run.stderr}`;
    const isLocked = run.status !== 0 && /could not get lock|unable to (acquire|lock)/i.test(output);
    if (!isLocked || Date.now() > deadline) return { status: run.status, output };
    tell('Another apt is at work; waiting for it …');
    await delay(pauseMs);
  }
}

/**
 * Puts a policy in place that forbids starting services, where there is none.
 * @param {string} policyFile
 * @returns {() => void} takes it away again
 */
function keepServicesStopped(policyFile) {
  if (existsSync(policyFile) && readFileSync(policyFile, 'utf8') !== ourPolicy) return () => {};
  writeFileSync(policyFile, ourPolicy, { mode: 0o755 });
  const remove = () => rmSync(policyFile, { force: true });
  const onSignal = () => process.exit(1);
  process.once('exit', remove);
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  return () => {
    remove();
    process.off('exit', remove);
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}

/** @param {string} policyFile */
function forbidsStarting(policyFile) {
  return spawnSync(policyFile, ['redis-server', 'start'], { stdio: 'ignore' }).status === 101;
}
