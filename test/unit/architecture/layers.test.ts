import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { boundPackages, layers, outwardModules } from './layers.ts';
import { layerOverrides } from './lint-overrides.ts';
import { cloneRoot, importsOf, sourceFiles, type Import, type SourceFile } from './source-files.ts';

const files = sourceFiles('src', '.ts');

describe('the layers of src/', () => {
  it('are looked at whole', () => {
    const relative = files.flatMap((file) => importsOf(file)).filter(({ target }) => target.startsWith('src/'));

    expect(files.length).toBeGreaterThan(25);
    expect(relative.length).toBeGreaterThan(30);
  });

  it('are all in the table', () => {
    expect(files.filter((file) => layers[layerOf(file.path)] === undefined).map(({ path }) => path)).toEqual([]);
  });

  it('import what the table allows, and nothing else', () => {
    expect(files.flatMap((file) => forbiddenImports(file))).toEqual([]);
  });

  it('import files that exist, with their ending', () => {
    const known = new Set(files.map(({ path }) => path));
    const dangling = files.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => /^\.|^src\/|^\.\./.test(target) && !known.has(target) && !isData(target))
        .map(({ target }) => `${file.path}: ${target}`),
    );

    expect(dangling).toEqual([]);
  });

  function isData(target: string): boolean {
    return target.endsWith('.json') && existsSync(join(cloneRoot, target));
  }

  it('are banned by the linter as the table has them', () => {
    const config: { overrides: readonly unknown[] } = JSON.parse(readFileSync(join(cloneRoot, '.oxlintrc.json'), 'utf8'));

    expect(config.overrides.slice(-Object.keys(layers).length)).toEqual(layerOverrides());
  });
});

describe('the table itself', () => {
  it.each([
    ['src/value/x.ts', "import { a } from '../run/run.ts'", 1],
    ['src/value/x.ts', "import { a } from '../errors.ts'", 0],
    ['src/ports/x.ts', "import type { A } from '../alert/alert.ts'", 0],
    ['src/ports/x.ts', "import { a } from '../alert/alert.ts'", 1],
    ['src/guards/limits/x.ts', "import { a } from '../../checks/check.ts'", 1],
    ['src/guards/limits/x.ts', "import { a } from '../guard.ts'", 0],
    ['src/sandbox/x.ts', "import { a } from '../run/run.ts'", 1],
    ['src/sandbox/x.ts', "import { createServer } from 'node:http'", 0],
    ['src/pipeline/x.ts', "import { readFile } from 'node:fs/promises'", 1],
    ['src/pipeline/x.ts', "import type { Redis } from 'ioredis'", 1],
    ['src/adapters/redis/x.ts', "import { Redis } from 'ioredis'", 0],
    ['src/api/x.ts', "import bearer from '@fastify/bearer-auth'", 0],
    ['src/adapters/x.ts', "import fastify from 'fastify'", 1],
    ['src/api/routes/x.ts', "import { Command } from '../../cli/command.ts'", 1],
    ['src/rule/x.ts', "import { main } from '../main.ts'", 1],
    ['src/rule/x.ts', "import { z } from 'zod'", 0],
  ])('%s: %s is forbidden %i times', (path, code, times) => {
    expect(forbiddenImports({ path, code, text: code })).toHaveLength(times);
  });
});

function layerOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function forbiddenImports(file: SourceFile): readonly string[] {
  return importsOf(file)
    .filter((entry) => !isAllowed(layerOf(file.path), entry))
    .map(({ target, isTypeOnly }) => `${file.path} imports ${isTypeOnly ? 'types of ' : ''}${target}`);
}

function isAllowed(from: string, { target, isTypeOnly }: Import): boolean {
  const layer = layers[from];
  if (layer === undefined) return false;
  if (target.startsWith('src/')) {
    const to = layerOf(target);
    return to === from || to === 'errors.ts' || layer.imports.includes(to) || (isTypeOnly && layer.types.includes(to));
  }
  if (outwardModules.includes(target)) return layer.isOutward;
  const bound = boundPackages
    .map((name) => (name.startsWith('@fastify/') ? '@fastify' : name))
    .find((name) => `${target}/`.startsWith(`${name}/`));
  if (bound === undefined) return true;
  return layer.packages.some((name) => `${name}/`.startsWith(`${bound}/`));
}
