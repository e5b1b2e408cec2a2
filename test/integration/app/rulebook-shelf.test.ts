import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import { RulebookShelf } from '../../../src/app/rulebook-shelf.ts';
import { shapes } from '../../../src/app/shapes.ts';
import type { Store } from '../../../src/ports/store.ts';
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
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  let folder: ReturnType<typeof temporaryFolder>;
  let store: Store;
  let loads: (string | undefined)[];

  beforeEach(() => {
    folder = temporaryFolder();
    for (const name of ['rules', 'remediations']) mkdirSync(join(folder.path, name));
    write('remediations/restart.yaml', remediation);
    store = memoryStore({ clock: manualClock(), law: { version: runVersion, phases, isTerminal, mayGo } });
    loads = [];
  });

  afterEach(() => folder.remove());

  function write(file: string, text: string): void {
    writeFileSync(join(folder.path, file), text);
  }

  function shelf(): RulebookShelf {
    const place = { rules: join(folder.path, 'rules'), remediations: join(folder.path, 'remediations'), limits: {}, defaults: {} };
    return new RulebookShelf({ place, shapes: shapes(), store, log: silent, loaded: (rulebook) => loads.push(rulebook?.hash) });
  }

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
