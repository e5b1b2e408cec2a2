import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError } from './announce.mjs';

const neededMajor = 24;

/**
 * Finds a Node that runs TypeScript as it is: the one running now, else one on PATH, else the package `node`.
 * @param {{ root: string, path: string, current?: { version: string, file: string } }} where
 * @returns {string | undefined} the absolute path of its binary
 */
export function findNode({ root, path, current = { version: process.version, file: process.execPath } }) {
  const ofPackage = join(root, 'node_modules', 'node', 'bin', 'node');
  if (isNew(current.version) && existsSync(current.file)) return current.file;
  for (const folder of withoutPackageBins(path).split(delimiter)) {
    const file = join(folder, 'node');
    if (folder !== '' && file !== current.file && isNew(versionOf(file))) return file;
  }
  return isNew(versionOf(ofPackage)) ? ofPackage : undefined;
}

/**
 * @param {string} root
 * @returns {string} the absolute path of a Node of the needed version
 */
export function requireNode(root) {
  const found = findNode({ root, path: process.env['PATH'] ?? '' });
  if (found !== undefined) return found;
  throw new SetupError(
    `Node ${neededMajor} needed: this is ${process.version}, none newer is on PATH, and the package node@${neededMajor} brought no binary ` +
      `for ${process.platform}-${process.arch}. Install Node ${neededMajor} and run this again.`,
  );
}

/**
 * PATH without the folders that `npm run` puts in front: what is in them may be replaced while it is used.
 * @param {string} path
 */
export function withoutPackageBins(path) {
  return path
    .split(delimiter)
    .filter((folder) => !/node_modules[\\/]\.bin[\\/]?$|node-gyp-bin[\\/]?$/.test(folder))
    .join(delimiter);
}

/** @param {string | undefined} version */
function isNew(version) {
  return version !== undefined && Number(version.replace(/^v/, '').split('.')[0]) >= neededMajor;
}

/**
 * @param {string} file
 * @returns {string | undefined}
 */
function versionOf(file) {
  if (!existsSync(file)) return undefined;
  try {
    return execFileSync(file, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 }).trim();
  } catch {
    return undefined;
  }
}
