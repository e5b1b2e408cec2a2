import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { missingPlatformPackages } from '../../../scripts/setup/platform-packages.mjs';
import { suites } from '../../../scripts/test/suites.mjs';
import { cloneRoot, sourceFiles, type SourceFile } from './source-files.ts';

const sources = sourceFiles('src', '.ts');
const tests = sourceFiles('test', '.ts');
const scripts = sourceFiles('scripts', '.mjs');
const all = [...sources, ...tests, ...scripts];

/** Where time, chance and the environment may come from. */
const impureFolders = /^src\/(adapters\/|config\/load\.ts$|sandbox\/clock\.ts$)/;
const timerFolders = /^src\/(value|ports|alert|rule|run|guards|actions|checks|pipeline)\//;

const impureCalls = [
  /\bDate\.now\b/,
  /\bnew Date\(\s*\)/,
  /\bDate\(\s*\)/,
  /\bperformance\.now\b/,
  /\bMath\.random\b/,
  /\brandomUUID\b/,
  /\bprocess\.env\b/,
];
const timers = [/\bset(Timeout|Interval|Immediate)\(/, /node:timers/];

describe('house style', () => {
  it('is looked at whole', () => {
    expect(sources.length).toBeGreaterThan(25);
    expect(tests.length).toBeGreaterThan(10);
    expect(scripts.length).toBeGreaterThan(10);
  });

  it('names files in kebab-case', () => {
    const names = all.flatMap(({ path }) => path.split('/'));

    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?(\.(ts|mjs))?$/.test(name))).toEqual([]);
  });

  it('has no grab-bags and no barrels', () => {
    expect(pathsWhere(all, ({ path }) => /\/(utils?|helpers?|common|types|misc|index)(\.|\/)/.test(path))).toEqual([]);
  });

  it('keeps files within 300 lines', () => {
    expect(pathsWhere(all, ({ text }) => text.split('\n').length > 301)).toEqual([]);
  });

  it('exports by name', () => {
    expect(pathsWhere(sources, ({ code }) => /^export default\b|\bas default\b/m.test(code))).toEqual([]);
  });

  it('has no enum, namespace, decorator or any', () => {
    const forbidden = [/^\s*(export )?(declare )?(const )?enum \w/m, /^\s*(export )?(declare )?namespace \w/m, /^\s*@\w+\(/m, /\bas any\b/];

    expect(
      pathsWhere(all, ({ path, code }) => path.endsWith('.ts') && !isOwnText(path) && forbidden.some((form) => form.test(code))),
    ).toEqual([]);
  });

  it('takes time, chance and the environment from ports', () => {
    const impure = sources.filter(({ path }) => !impureFolders.test(path));
    const withoutTimers = sources.filter(({ path }) => timerFolders.test(path));

    expect(pathsWhere(sources, ({ code }) => /\bprocess\.env\b/.test(code))).toEqual(['src/config/load.ts']);
    expect(pathsWhere(impure, ({ code }) => impureCalls.some((call) => call.test(code)))).toEqual([]);
    expect(pathsWhere(withoutTimers, ({ code }) => timers.some((call) => call.test(code)))).toEqual([]);
  });

  it('leaves nothing undone or switched off in the tests', () => {
    const forbidden = [/\b(it|test|describe)\.(skip|todo|only|fails)\b/, /\bvi\.(mock|doMock|useFakeTimers)\(/];

    expect(pathsWhere(tests, ({ path, code }) => !isOwnText(path) && forbidden.some((form) => form.test(code)))).toEqual([]);
    expect(pathsWhere(all, ({ path, text }) => !isOwnText(path) && /\b(TODO|FIXME|XXX)\b/.test(text))).toEqual([]);
  });

  it('keeps every test in a suite that runs', () => {
    const folders = suites.map(({ name }) => `test/${name}/`);

    expect(pathsWhere(tests, ({ path }) => path.endsWith('.test.ts') && !folders.some((folder) => path.startsWith(folder)))).toEqual([]);
  });
});

describe('the families', () => {
  const families = ['guards', 'actions', 'checks'].filter((family) => readdirSync(join(cloneRoot, 'src')).includes(family));
  const member = /^export const \w+(: (Guard|Check|Action|AnyAction|AnyCheck)\b[^=]*)? = (define(Guard|Action|Check)[(<]|\{)/m;

  it.each(families)('%s: every member is listed in the catalogue', (family) => {
    const members = sources.filter(
      ({ path, code }) => path.startsWith(`src/${family}/`) && !path.endsWith('/catalogue.ts') && isMember(code),
    );
    const catalogue = sources.find(({ path }) => path === `src/${family}/catalogue.ts`);
    const listed = catalogue?.code ?? '';

    expect(members.filter(({ path }) => !listed.includes(`'./${path.slice(`src/${family}/`.length)}'`)).map(({ path }) => path)).toEqual(
      [],
    );
  });

  function isMember(code: string): boolean {
    const found = member.exec(code)?.[0] ?? '';
    return /: (Guard|Check|Action|AnyAction|AnyCheck)\b/.test(found) || /= define/.test(found);
  }
});

describe('the lock file', () => {
  const lock = readFileSync(join(cloneRoot, 'package-lock.json'), 'utf8');
  const packageFile: Record<string, Record<string, string>> = JSON.parse(readFileSync(join(cloneRoot, 'package.json'), 'utf8'));

  it('names no registry', () => {
    expect(lock).not.toMatch(/"resolved"|registry\./);
  });

  it('has the packages of all platforms, as npm ci demands (npm run lock adds them)', () => {
    expect(missingPlatformPackages(JSON.parse(lock)).map(({ folder }) => folder)).toEqual([]);
  });

  it('belongs to exact versions', () => {
    const versions = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) => Object.values(packageFile[kind] ?? {}));

    expect(versions.length).toBeGreaterThan(20);
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});

/** These hold the forbidden words themselves: this file, and one that writes test files. */
function isOwnText(path: string): boolean {
  return path === 'test/unit/architecture/house-style.test.ts' || path === 'test/integration/scripts/run-suite.test.ts';
}

function pathsWhere(files: readonly SourceFile[], isBad: (file: SourceFile) => boolean): readonly string[] {
  return files.filter((file) => isBad(file)).map(({ path }) => path);
}
