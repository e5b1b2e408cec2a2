import { describe, expect, it } from 'vitest';
import { completeLock, missingPlatformPackages } from '../../../scripts/setup/platform-packages.mjs';

const lock = {
  packages: {
    '': { version: '0.1.0', optionalDependencies: { node: '24.21.0' } },
    'node_modules/tool': {
      version: '1.0.0',
      dev: true,
      optionalDependencies: { '@tool/linux-x64-gnu': '1.0.0', '@tool/linux-arm-musleabihf': '1.0.0', '@tool/darwin-arm64': '1.0.0' },
    },
    'node_modules/@tool/linux-x64-gnu': { version: '1.0.0', optional: true, dev: true },
  },
};

describe('completing the lock file', () => {
  it('adds the packages of platforms that the registry did not carry, so that npm skips them elsewhere', () => {
    const { packages } = completeLock(lock);

    expect(Object.keys(packages)).toEqual([
      '',
      'node_modules/@tool/darwin-arm64',
      'node_modules/@tool/linux-arm-musleabihf',
      'node_modules/@tool/linux-x64-gnu',
      'node_modules/tool',
    ]);
    expect(packages['node_modules/@tool/darwin-arm64']).toEqual({
      version: '1.0.0',
      cpu: ['arm64'],
      dev: true,
      optional: true,
      os: ['darwin'],
    });
    expect(packages['node_modules/@tool/linux-arm-musleabihf']).toMatchObject({ cpu: ['arm'], libc: ['musl'], os: ['linux'] });
    expect(missingPlatformPackages({ packages })).toEqual([]);
  });

  it('refuses what names no platform, or no exact version', () => {
    const missing = (optionalDependencies: Record<string, string>): typeof lock =>
      ({ packages: { ...lock.packages, 'node_modules/tool': { version: '1.0.0', optionalDependencies } } }) as never;

    expect(() => completeLock(missing({ plain: '1.0.0' }))).toThrow('node_modules/plain is not locked, and its name states no platform');
    expect(() => completeLock(missing({ '@tool/win32-x64-msvc': '^1.0.0' }))).toThrow('is no exact version');
  });
});
