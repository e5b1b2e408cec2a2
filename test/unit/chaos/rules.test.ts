import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../../src/app/rulebook-shelf.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { membersFor } from '../../chaos/process/members.ts';
import { configFile, promises, remediationFiles, ruleFile } from '../../chaos/rules.ts';
import { stories } from '../../chaos/story.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('the rules of the chaos harness', () => {
  it('are accepted, each with what the checker holds it to, and each alert of a story has one', () => {
    using folder = temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    mkdirSync(at('rules'));
    mkdirSync(at('remediations'));
    writeFileSync(at('rules/chaos.yaml'), ruleFile);
    for (const [name, text] of Object.entries(remediationFiles)) writeFileSync(at(`remediations/${name}`), text);
    writeFileSync(at('fixpoint.yaml'), configFile({ world: 9000, redis: 'redis://127.0.0.1:6379', listen: 8080 }));

    const config = loadConfig({ config: at('fixpoint.yaml'), rules: at('rules'), remediations: at('remediations') }, {});
    const { rulebook, problems } = loadRules(config, membersFor('none').shapes);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(rulebook?.rules.map(({ name }) => name).toSorted()).toEqual(Object.keys(promises).toSorted());

    const alertnames = Object.values(stories).flatMap(({ alerts }) => alerts.map(({ alertname }) => alertname));
    const alert = { source: 'chaos', fingerprint: 'f', status: 'firing', annotations: {}, startsAt: 0 } as const;
    const unmatched = alertnames.filter((alertname) => rulebook?.match({ ...alert, labels: { alertname, target: 'web' } }).length === 0);
    expect(unmatched).toEqual([]);
  });
});
