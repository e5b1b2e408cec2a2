import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import { RulebookShelf } from '../../../src/app/rulebook-shelf.ts';
import { shapes } from '../../../src/app/shapes.ts';
import type { Store } from '../../../src/ports/store.ts';
import type { Limits } from '../../../src/rule/guard-settings.ts';
import { isTerminal, phases } from '../../../src/run/phase.ts';
import { runVersion } from '../../../src/run/run.ts';
import { mayGo } from '../../../src/run/transition.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const remediation = `
name: restart
summary: Restart it
params: { name: { type: string, format: dns-subdomain } }
steps: [{ id: restart, action: kubernetes.restart, with: { namespace: default, name: '\${params.name}' } }]
`;

function rule(name: string, mode: string): string {
  return `
rules:
  - name: ${name}
    summary: A rule
    match: ['alertname="${name}"']
    mode: ${mode}
    ladder: [{ remediation: restart, with: { name: web } }]
    verify: { within: 5m, checks: [{ rolloutComplete: {} }] }
`;
}

describe('the rulebook in force', () => {
  const log = { debug() {}, info: (fields: object) => void logged.push(fields), warn() {}, error() {} };
  let folder: ReturnType<typeof temporaryFolder>;
  let store: Store;
  let loads: (string | undefined)[];
  let logged: object[];

  beforeEach(() => {
    folder = temporaryFolder();
    for (const name of ['rules', 'remediations']) mkdirSync(join(folder.path, name));
    write('remediations/restart.yaml', remediation);
    store = memoryStore({ clock: manualClock(), law: { version: runVersion, phases, isTerminal, mayGo } });
    loads = [];
    logged = [];
  });

  afterEach(() => folder.remove());

  function write(file: string, text: string): void {
    writeFileSync(join(folder.path, file), text);
  }

  function shelf(limits: Limits = {}): RulebookShelf {
    const place = { rules: join(folder.path, 'rules'), remediations: join(folder.path, 'remediations'), limits, defaults: {} };
    return new RulebookShelf({ place, shapes: shapes(), store, log, loaded: (rulebook) => loads.push(rulebook?.hash) });
  }

  it('is logged at each load with how many rules act by themselves', () => {
    write('rules/a.yaml', rule('first', 'auto') + rule('second', 'approve').replace('\nrules:', ''));
    shelf().load();
    shelf({ mode: 'plan' }).load();
    expect(logged).toMatchObject([
      { rules: 2, modes: '2 rules: 1 auto, 1 approve; limits.mode: none' },
      { rules: 2, modes: '2 rules: 2 plan; limits.mode: plan' },
    ]);
  });

  it('takes a changed file without being told', () => {
    write('rules/a.yaml', rule('first', 'auto'));
    const rules = shelf();
    rules.load();
    const { hash } = rules.current;
    rules.loadIfChanged();
    expect(loads).toEqual([hash]);
    write('rules/b.yaml', rule('second', 'auto'));
    rules.loadIfChanged();
    expect(rules.current.rules.map(({ name }) => name)).toEqual(['first', 'second']);
    expect(rules.current.hash).not.toBe(hash);
  });

  it('follows a ConfigMap that Kubernetes mounts: links to a folder that is swapped as a whole', () => {
    const mount = join(folder.path, 'rules');
    let old: string | undefined;
    /** What the kubelet does: a new folder with all files, one rename of `..data`, then links of files that are gone are taken away. */
    function publish(files: Readonly<Record<string, string>>, meanwhile = () => {}): void {
      const next = mkdtempSync(join(mount, '..2026_11_25_'));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(next, name), text);
      symlinkSync(basename(next), join(mount, '..data_tmp'));
      renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
      meanwhile();
      for (const name of ['a.yaml', 'b.yaml']) {
        rmSync(join(mount, name), { force: true });
        if (name in files) symlinkSync(join('..data', name), join(mount, name));
      }
      if (old !== undefined) rmSync(old, { recursive: true });
      old = next;
    }
    const names = () => rules.current.rules.map(({ name }) => name);
    publish({ 'a.yaml': rule('first', 'auto'), 'b.yaml': rule('second', 'auto') });
    const rules = shelf();
    rules.load();
    expect(names()).toEqual(['first', 'second']);
    rules.loadIfChanged();
    expect(loads).toHaveLength(1);
    publish({ 'a.yaml': rule('other', 'auto'), 'b.yaml': rule('second', 'auto') });
    rules.loadIfChanged();
    expect(names()).toEqual(['other', 'second']);
    // `b.yaml` is a link to nothing for a moment.
    publish({ 'a.yaml': rule('first', 'plan') }, () => {
      rules.loadIfChanged();
      expect(names()).toEqual(['first']);
    });
    rules.loadIfChanged();
    expect(names()).toEqual(['first']);
  });

  it('refuses a bad set whole, says all that is wrong, and keeps the old one', () => {
    write('rules/a.yaml', rule('first', 'auto'));
    const rules = shelf();
    rules.load();
    const before = rules.current;
    write('rules/a.yaml', rule('first', 'atuo').replace('remediation: restart', 'remediation: restrat'));
    expect(() => rules.load()).toThrow(expect.objectContaining({ code: 'rules.invalid' }));
    try {
      rules.load();
    } catch (error) {
      const { problems } = (error as { details: { problems: string[] } }).details;
      expect(problems).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/a\.yaml:6:\d+: error: mode/),
          expect.stringMatching(/a\.yaml:7:\d+: error: .*restart\?/),
        ]),
      );
    }
    expect(rules.current).toBe(before);
    expect(loads.at(-1)).toBeUndefined();
  });

  it('still knows the definition that an older run keeps, also after a restart', async () => {
    write('rules/a.yaml', rule('first', 'auto'));
    const rules = shelf();
    rules.load();
    await rules.keep();
    const { hash } = rules.current.rules[0] ?? { hash: '' };
    write('rules/a.yaml', rule('first', 'plan'));
    rules.load();
    expect(await rules.definition(hash)).toMatchObject({ mode: 'auto', hash });
    const later = shelf();
    later.load();
    expect(await later.definition(hash)).toMatchObject({ mode: 'auto', hash });
    expect(await later.definition('0000000000000000')).toBeUndefined();
  });
});
