import { accessSync, constants, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countModes, describeModes } from '../../../src/app/mode-counts.ts';
import { yamlFilesOf } from '../../../src/app/rule-files.ts';
import { loadRules } from '../../../src/app/rulebook-shelf.ts';
import { shapes } from '../../../src/app/shapes.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const root = new URL('../../../', import.meta.url).pathname;
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');

describe("README's first rule", () => {
  const [, file = '', text = ''] = /Write `rules\/([\w-]+\.yaml)`:\n\n```yaml\n([^]*?)```/.exec(readme) ?? [];

  it('comes before the shipped ones, and `check` says of all what README shows', () => {
    using folder = temporaryFolder();
    const rules = join(folder.path, 'rules');
    mkdirSync(rules);
    for (const path of yamlFilesOf(join(root, 'rules')))
      writeFileSync(join(rules, path.slice(join(root, 'rules').length)), readFileSync(path));
    writeFileSync(join(rules, file), text);
    const { rulebook, problems } = loadRules({ rules, remediations: join(root, 'remediations'), limits: {}, defaults: {} }, shapes());
    expect(rulebook?.rules[0]?.name).toBe('my-first');
    const { rules: all = [], remediationNames = [] } = rulebook ?? {};
    const warnings = problems.filter(({ severity }) => severity === 'warning').length;
    expect(readme).toContain(
      `\n${all.length} rules, ${remediationNames.length} remediations, 0 errors, ${warnings} warnings\n${describeModes(countModes(all), undefined)}\n`,
    );
  });
});

describe('npx', () => {
  const pages = [
    'README.md',
    'CHANGELOG.md',
    'fixpoint.example.yaml',
    'compose.yaml',
    'src/cli/serve-banner.ts',
    ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
    ...readdirSync(join(root, 'deploy'), { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [join(entry.parentPath, entry.name).slice(root.length)] : [],
    ),
  ];

  // Nobody owns the name on the npm registry: who takes it would be run, with a token in the environment.
  it.each(pages)('is not what fetches a package of our name: %s', (page) => {
    expect(Array.from(read(page).matchAll(/npx +(?:-\S+ +)*fixpoint.*/g), ([line]) => line)).toEqual([]);
  });

  it('is not needed: ./fixpoint is the launcher', () => {
    expect(realpathSync(join(root, 'fixpoint'))).toBe(realpathSync(join(root, 'scripts/fixpoint.mjs')));
    expect(() => accessSync(join(root, 'fixpoint'), constants.X_OK)).not.toThrow();
  });
});
