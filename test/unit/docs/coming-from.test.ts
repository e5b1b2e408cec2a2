import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../../src/app/rulebook-shelf.ts';
import { shapes } from '../../../src/app/shapes.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const root = new URL('../../../', import.meta.url).pathname;
const [, ...chapters] = readFileSync(join(root, 'docs/coming-from.md'), 'utf8').split(/^## /m);
const tools = chapters.filter((chapter) => chapter.includes('```yaml'));

describe('docs/coming-from.md', () => {
  it('has a chapter for each tool', () =>
    expect(tools.map((chapter) => chapter.split('\n')[0])).toEqual([
      'prometheus-am-executor',
      'Robusta',
      'Event-Driven Ansible',
      'StackStorm',
      'A home-made webhook',
    ]));

  it.each(tools.map((chapter) => [chapter.split('\n')[0] ?? '', chapter]))(
    '%s: its translation loads without a problem',
    (_title, chapter) => {
      using folder = temporaryFolder();
      for (const name of ['rules', 'remediations']) mkdirSync(join(folder.path, name));
      const shipped = join(root, 'remediations');
      for (const name of readdirSync(shipped)) writeFileSync(join(folder.path, 'remediations', name), readFileSync(join(shipped, name)));
      const blocks = Array.from(
        chapter.matchAll(/```yaml\n# ((?:rules|remediations)\/[\w-]+\.yaml)\n([^]*?)```/g),
        ([, file = '', text = '']) => ({ file, text }),
      );
      expect(blocks.some(({ file }) => file.startsWith('rules/'))).toBe(true);
      for (const { file, text } of blocks) writeFileSync(join(folder.path, file), text);
      const place = { rules: join(folder.path, 'rules'), remediations: join(folder.path, 'remediations'), limits: {}, defaults: {} };
      const { rulebook, problems } = loadRules(place, shapes());
      expect(problems.map(({ message, line }) => `${line}: ${message}`)).toEqual([]);
      expect(rulebook?.rules.map(({ mode }) => mode)).toEqual(['plan']);
    },
  );
});
