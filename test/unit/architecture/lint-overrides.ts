import { boundPackages, layers, outwardModules } from './layers.ts';

interface Override {
  readonly files: readonly string[];
  readonly rules: Readonly<Record<string, unknown>>;
}

/** The part of `.oxlintrc.json` that bans imports by folder, as the table of layers has it. */
export function layerOverrides(): readonly Override[] {
  return Object.keys(layers).map((name) => ({
    files: [name.endsWith('.ts') ? `src/${name}` : `src/${name}/**`],
    rules: { 'no-restricted-imports': ['error', restrictions(name)] },
  }));
}

function restrictions(name: string): unknown {
  const layer = layers[name];
  if (layer === undefined) throw new Error(`no layer ${name}`);
  const others = Object.keys(layers).filter((other) => other !== name && other !== 'errors.ts' && other !== 'main.ts');
  const typesOnly = others.filter((other) => layer.types.includes(other) && !layer.imports.includes(other));
  const forbidden = others.filter((other) => !layer.types.includes(other) && !layer.imports.includes(other));
  const packages = boundPackages.filter((entry) => !layer.packages.includes(entry));
  return {
    paths: [
      ...(layer.isOutward
        ? []
        : outwardModules.map((entry) => ({ name: entry, message: 'Only adapters, config, sandbox, app and cli reach outside.' }))),
      ...(name === 'adapters'
        ? []
        : [{ name: 'node:crypto', importNames: ['randomUUID', 'randomBytes', 'randomInt'], message: 'Ids and chance come from a port.' }]),
    ],
    patterns: [
      ...pattern(forbidden, `src/${name} may not import this folder.`),
      ...pattern(typesOnly, `src/${name} may import only types of this folder.`).map((entry) => ({ ...entry, allowTypeImports: true })),
      { regex: '(^|/)main\\.ts$', message: 'Nothing imports main.ts.' },
      {
        regex: `^(${packages.map((entry) => entry.replace('@fastify/swagger', '@fastify')).join('|')})(/|$)`,
        message: `src/${name} may not use this package.`,
      },
    ],
  };
}

function pattern(folders: readonly string[], message: string): readonly { regex: string; message: string }[] {
  return folders.length === 0 ? [] : [{ regex: `^(\\.\\./|\\./)+(${folders.join('|')})/`, message }];
}
