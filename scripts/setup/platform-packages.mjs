/**
 * An entry of package-lock.json, as far as it matters here.
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {boolean} [dev]
 * @property {Record<string, string>} [optionalDependencies]
 */

/** @typedef {{ packages: Record<string, LockEntry> }} LockFile */

const form =
  /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|ia32|ppc64|riscv64|s390x|x64)(?:-(gnu|gnueabihf|musl|musleabihf|msvc|eabi))?$/;

/**
 * A registry mirror may carry the packages of some platforms only; `npm install` then leaves the others out of the lock file,
 * and `npm ci` refuses it everywhere, since they are missing.
 * @param {LockFile} lock
 * @returns {{ folder: string, version: string, dev: boolean }[]} the optional packages that are asked for but not locked
 */
export function missingPlatformPackages({ packages }) {
  return Object.entries(packages).flatMap(([folder, entry]) =>
    Object.entries(folder === '' ? {} : (entry.optionalDependencies ?? {}))
      .filter(([name]) => !(`node_modules/${name}` in packages) && !(`${folder}/node_modules/${name}` in packages))
      .map(([name, version]) => ({ folder: `node_modules/${name}`, version, dev: entry.dev === true })),
  );
}

/**
 * Adds what is missing, with the platform that the name states, so that npm skips it on all others.
 * @param {LockFile} lock
 * @returns {LockFile}
 */
export function completeLock(lock) {
  const added = missingPlatformPackages(lock).map(({ folder, version, dev }) => {
    const match = form.exec(folder);
    if (match === null) throw new Error(`${folder} is not locked, and its name states no platform: this registry cannot lock it`);
    if (!/^\d/.test(version)) throw new Error(`${folder} is not locked, and ${version} is no exact version`);
    const [, os, cpu, abi = ''] = match;
    const libc = os !== 'linux' || abi === '' ? {} : { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] };
    return [folder, { version, cpu: [cpu], ...(dev ? { dev } : {}), ...libc, optional: true, os: [os] }];
  });
  const packages = Object.entries(lock.packages).concat(/** @type {[string, LockEntry][]} */ (added));
  return { ...lock, packages: Object.fromEntries(packages.toSorted(([a], [b]) => a.localeCompare(b, 'en'))) };
}
