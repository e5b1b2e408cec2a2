import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generatedManifests, kubernetesFolder, shippedPacks } from '../../support/deploy/packs.ts';

// Every rule is tried with made-up alerts to find its rights.
describe('deploy/kubernetes', { timeout: 40_000 }, () => {
  it('has the shipped rules, their rights by fixpoint rbac, the remediations and the alerts as they are (UPDATE_DOCS=1 rewrites them)', async () => {
    const files = await generatedManifests();
    expect(files.size).toBeGreaterThan(8);
    for (const [path, text] of files) {
      const file = join(kubernetesFolder, path);
      if (process.env['UPDATE_DOCS'] === '1') {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
      expect(existsSync(file) ? readFileSync(file, 'utf8') : '', path).toBe(text);
    }
  });

  it('has no pack that is not shipped', () => {
    const names = shippedPacks().map(({ name }) => name);
    expect(names.length).toBeGreaterThan(2);
    expect(readdirSync(join(kubernetesFolder, 'packs')).toSorted()).toEqual(names.toSorted());
  });

  it('differs between overlays in where history and our Redis are, and in nothing else of the configuration', () => {
    const read = (path: string) => parse(readFileSync(join(kubernetesFolder, path), 'utf8')) as Record<string, unknown>;
    const { history, ...rest } = read('overlays/ha/fixpoint.yaml');
    expect(history).toEqual({ postgres: { url: { file: '/etc/fixpoint/secrets/history-url' } } });
    expect(rest).toEqual(read('base/fixpoint.yaml'));
    const { store, protected: guarded, ...others } = read('overlays/sentinel/fixpoint.yaml');
    expect(store).toHaveProperty('sentinel');
    const { protected: kept, ...same } = rest as { protected: { namespaces: readonly string[] } };
    expect({ ...others, store: rest['store'] }).toEqual({ ...same, history });
    // Its own Redis is in a namespace of yours.
    expect(guarded).toEqual({ namespaces: [...kept.namespaces, 'redis'] });
  });
});
