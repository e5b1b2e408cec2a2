import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A server program that Fixpoint or its tests run as a child process.
 * @typedef {object} Server
 * @property {string} name
 * @property {readonly string[]} binaries file names, the first that is found counts
 * @property {string} debian the package
 * @property {string} service the Debian unit that must not be started
 * @property {string} brew the formula
 */

/** @satisfies {Record<string, Server>} */
export const servers = {
  redis: {
    name: 'Redis',
    binaries: ['redis-server', 'valkey-server'],
    debian: 'redis-server',
    service: 'redis-server',
    brew: 'redis',
  },
  postgres: {
    name: 'PostgreSQL',
    binaries: ['postgres'],
    debian: 'postgresql',
    service: 'postgresql',
    brew: 'postgresql@17',
  },
  prometheus: {
    name: 'Prometheus',
    binaries: ['prometheus'],
    debian: 'prometheus',
    service: 'prometheus',
    brew: 'prometheus',
  },
  alertmanager: {
    name: 'Alertmanager',
    binaries: ['prometheus-alertmanager', 'alertmanager'],
    debian: 'prometheus-alertmanager',
    service: 'prometheus-alertmanager',
    brew: 'alertmanager',
  },
  chromium: {
    name: 'Chromium',
    binaries: ['chromium', 'chromium-browser', 'google-chrome'],
    debian: 'chromium',
    service: 'chromium',
    brew: 'chromium',
  },
};

const usualFolders = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/home/linuxbrew/.linuxbrew/bin'];
const versionedParents = ['/usr/lib/postgresql', '/usr/local/opt', '/opt/homebrew/opt'];

/**
 * Finds a server's program on PATH, then where packages put it.
 * @param {Pick<Server, 'binaries'>} server
 * @param {{ path: string, folders?: readonly string[] }} where `folders` are searched after PATH
 * @returns {string | undefined} its absolute path
 */
export function findServer(server, { path, folders = [...usualFolders, ...versionedFolders()] }) {
  const searched = [...path.split(delimiter).filter((folder) => folder !== ''), ...folders];
  for (const binary of server.binaries) {
    const file = searched.map((folder) => join(folder, binary)).find(isExecutable);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** PostgreSQL keeps its programs off PATH, in a folder a version; the newest comes first. */
function versionedFolders() {
  return versionedParents.flatMap((parent) =>
    namesIn(parent)
      .filter((name) => parent === '/usr/lib/postgresql' || name.startsWith('postgresql@'))
      .toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .map((name) => join(parent, name, 'bin')),
  );
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
