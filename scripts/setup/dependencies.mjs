import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { announce, SetupError } from './announce.mjs';
import { withoutPackageBins } from './node.mjs';

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {boolean} [dev]
 * @property {boolean} [optional]
 * @property {boolean} [devOptional]
 */

/**
 * Compares what npm says it installed with what package-lock.json asks for.
 * @param {{ root: string, dev: boolean }} wanted `dev`: the packages for tests and checks count too
 * @returns {string[]} the folders that are missing or hold another version
 */
export function missingPackages({ root, dev }) {
  const locked = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(locked)
    .filter(([folder, entry]) => folder !== '' && isWanted(entry, dev) && installed[folder]?.version !== entry.version)
    .map(([folder]) => folder);
}

/**
 * Installs the packages of package-lock.json unless they are there already, and links the command `fixpoint`.
 * @param {{ root: string, dev: boolean }} wanted
 */
export function ensureDependencies({ root, dev }) {
  if (missingPackages({ root, dev }).length > 0) {
    announce('Installing the npm packages of package-lock.json …');
    const { status, error } = spawnSync(
      'npm',
      ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
      {
        cwd: root,
        stdio: ['ignore', process.stderr.fd, process.stderr.fd],
        env: { ...process.env, PATH: withoutPackageBins(process.env['PATH'] ?? '') },
      },
    );
    if (error !== undefined) throw new SetupError(`npm cannot be run: ${error.message}. Install npm and run this again.`);
    if (status !== 0) throw new SetupError('npm ci failed: its reason is above. Nothing was started.');
  }
  linkCommand(root);
}

/**
 * npm links no command of a clone's own package: this makes `npx fixpoint` find it.
 * @param {string} root
 */
function linkCommand(root) {
  const folder = join(root, 'node_modules', '.bin');
  const link = join(folder, 'fixpoint');
  if (existsSync(link)) return;
  mkdirSync(folder, { recursive: true });
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
  symlinkSync('../../scripts/fixpoint.mjs', link);
}

/**
 * @param {LockedPackage} entry
 * @param {boolean} dev
 */
function isWanted(entry, dev) {
  if (entry.optional === true || entry.devOptional === true) return false;
  return dev || entry.dev !== true;
}

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage>}
 */
function packagesOf(file) {
  if (!existsSync(file)) return {};
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}
