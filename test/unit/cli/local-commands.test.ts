import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { fixpoint } from './fake-service.ts';

const remediation = `name: restart
summary: Restart it
params: { name: { type: string, format: dns-subdomain } }
steps: [{ id: restart, action: kubernetes.restart, with: { kind: Deployment, namespace: shop, name: '\${params.name}' } }]
`;
const rule = `rules:
  - name: slow
    summary: It is slow
    match: alertname="Slow"
    ladder: [{ remediation: restart, with: { name: web } }]
    verify: { checks: [rolloutComplete: {}] }
`;

function rulesIn(folder: string, text: string): string {
  for (const [name, content] of [
    ['rules/slow.yaml', text],
    ['remediations/restart.yaml', remediation],
  ] as const) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return join(folder, 'rules');
}

describe('fixpoint check', () => {
  it('is fine with good rules, and finds the remediations beside them', async () => {
    using folder = temporaryFolder();
    expect(await fixpoint(['check', rulesIn(folder.path, rule)])).toEqual({
      code: 0,
      out: '1 rule, 1 remediation, 0 errors, 0 warnings\n1 rule: 1 plan; limits.mode: none',
      err: '',
    });
  });

  it('counts modes as they are within the limits, actions included', async () => {
    using folder = temporaryFolder();
    const rules = rulesIn(folder.path, rule.replace('    ladder:', '    mode: auto\n    ladder:'));
    const config = join(folder.path, 'fixpoint.yaml');
    const counted = async (yaml: string) => {
      writeFileSync(config, yaml);
      const { code, out } = await fixpoint(['check', rules, '--config', config]);
      expect(code).toBe(0);
      return out.split('\n').at(-1);
    };
    expect(await counted('')).toBe('1 rule: 1 auto; limits.mode: none');
    expect(await counted('limits: { mode: observe }')).toBe('1 rule: 1 observe; limits.mode: observe');
    expect(await counted('limits: { actions: { kubernetes.restart: approve } }')).toBe('1 rule: 1 approve; limits.mode: none');
    writeFileSync(config, 'limits: { mode: plan }');
    const { out } = await fixpoint(['check', rules, '--config', config, '--output', 'json']);
    expect(JSON.parse(out)).toMatchObject({ modes: { auto: 0, approve: 0, plan: 1, observe: 0 }, limit: 'plan' });
  });

  it('tells every problem with its place and the nearest word', async () => {
    using folder = temporaryFolder();
    const rules = rulesIn(folder.path, rule.replace('summary', 'sumary').replace('remediation: restart', 'remediation: restrat'));
    const { code, err, out } = await fixpoint(['check', rules]);
    expect(code).toBe(1);
    expect(out).toMatch(/2 errors|3 errors/);
    expect(err).toContain(`${join(rules, 'slow.yaml')}:3:5: error: unknown key sumary; did you mean summary?`);
    expect(err).toContain('did you mean restart?');
    const json = await fixpoint(['check', rules, '--output', 'json']);
    expect(json).toMatchObject({ code: 1, err: '' });
    expect(JSON.parse(json.out)).toMatchObject({
      rules: 0,
      problems: expect.arrayContaining([expect.objectContaining({ line: 3, column: 5 })]) as unknown,
    });
  });

  it('names a folder that is not there', async () => {
    expect(await fixpoint(['check', '/nowhere'])).toMatchObject({
      code: 1,
      err: 'fixpoint check: there is no file or folder /nowhere (rules.invalid)',
    });
  });
});

describe('fixpoint config', () => {
  const yaml = `auth: { tokens: [{ name: ci, role: operator, token: { env: A } }] }
sources: { main: { credentials: [{ bearer: { env: A } }] } }
http: { shop: { origin: 'http://shop:1', headers: { authorization: { env: A }, x-key: hush-plain } } }
secrets: { key: { env: A } }
store: { redis: 'redis://me:hush@redis:6379/?password=hush' }
escalation: [{ webhook: { url: 'http://hooks/hush' } }]
`;
  it.each([[[]], [['--output', 'json']]])('shows what is in force and where from, and no secret %j', async (more) => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'fixpoint.yaml');
    writeFileSync(file, yaml);
    const { code, out, err } = await fixpoint(['config', '--config', file, '--listen', '127.0.0.1:9000', ...more], { A: 'hush' });
    expect([code, err]).toEqual([0, '']);
    expect(out).not.toContain('hush');
    for (const text of ['127.0.0.1:9000', 'flag --listen', file, 'http://shop:1', 'operator', 'redis:6379', 'bearer'])
      expect(out).toContain(text);
    if (more.length > 0) expect(JSON.parse(out)).toMatchObject({ options: { listen: { from: 'flag --listen' } }, secrets: ['key'] });
  });

  it('says what is missing where nothing is configured', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'fixpoint.yaml');
    writeFileSync(file, '');
    const rules = rulesIn(folder.path, rule.replace('    ladder:', '    mode: auto\n    ladder:'));
    const args = ['config', '--config', file, '--rules', rules, '--remediations', join(folder.path, 'remediations')];
    const { code, out } = await fixpoint(args);
    expect(code).toBe(0);
    expect(out).toContain('\nlimits        {"storm":{"subjects":50,"alerts":20000,"fleet":50,"window":"5m","quiet":"10m"}}\n');
    expect(out).toContain('\nmodes         1 rule: 1 auto; limits.mode: none\n');
    const lines = Array.from(out.matchAll(/^missing {7}(\S+):/gm), ([, what]) => what);
    expect(lines).toEqual(['limits.mode', 'sources', 'prometheus', 'auth', 'protected', 'escalation']);
    const json = JSON.parse((await fixpoint([...args, '--output', 'json'])).out) as { missing: string[] };
    expect(json).toMatchObject({ limits: { storm: {} }, modes: { auto: 1 } });
    expect(json.missing).toHaveLength(6);
  });

  it('says that there is no file, that rules do not load, and what a source lacks', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'fixpoint.yaml');
    writeFileSync(file, 'limits: { mode: plan }\nsources: { main: {} }\n');
    const missing = async (...args: string[]) => {
      const { code, out } = await fixpoint(['config', '--rules', '/nowhere', ...args]);
      expect(code).toBe(0);
      return out;
    };
    const without = await missing();
    expect(without).toContain('missing       fixpoint.yaml: there is no such file; fixpoint.example.yaml is one to start from');
    const out = await missing('--config', file);
    expect(out).not.toContain('there is no such file');
    expect(out).toContain('missing       rules: they do not load; fixpoint check says why');
    expect(out).toContain('missing       sources.main.evidence: receipt');
    expect(out).toContain('missing       sources.main.credentials: none of its own');
    expect(out).not.toContain('limits.mode');
  });

  it('misses nothing of the example but that its files are elsewhere', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'fixpoint.yaml');
    const example = readFileSync(new URL('../../../fixpoint.example.yaml', import.meta.url), 'utf8');
    writeFileSync(file, example.replaceAll(/\{ (?:file|env): [\w./-]+ \}/g, '{ env: A }'));
    const { code, out, err } = await fixpoint(['config', '--config', file], { A: 'http://secret/' });
    expect([code, err]).toEqual([0, '']);
    expect(out).not.toContain('missing');
    expect(out).toContain('"cooldown":{"min":"1m"}');
    expect(out).toContain('"rate":{"rule":["20/1h"],"target":[],"namespace":["30/1h"],"global":["60/1h"]}');
    expect(out).toMatch(/^modes +\d+ rules: \d+ plan; limits\.mode: plan$/m);
  });

  it('tells all problems and ends with 1', async () => {
    const { code, err } = await fixpoint(['config', '--listen', 'x'], { FIXPOINT_LISTN: '1' });
    expect(code).toBe(1);
    expect(err).toContain('the configuration has 2 problems:\n');
    expect(err).toContain('did you mean FIXPOINT_LISTEN?');
    expect(err).toContain('listen: expected an address');
  });
});

describe('fixpoint schema', () => {
  it('prints a JSON Schema that knows the keys', async () => {
    const { code, out } = await fixpoint(['schema']);
    expect(code).toBe(0);
    expect(Object.keys((JSON.parse(out) as { properties: object }).properties)).toContain('sources');
  });
});

describe('fixpoint rbac', () => {
  it('prints the roles and bindings that the rules need, for an account of your own', async () => {
    using folder = temporaryFolder();
    const rules = rulesIn(folder.path, rule.replace('    ladder:', '    mode: auto\n    ladder:'));
    const place = ['--rules', rules, '--remediations', join(folder.path, 'remediations')];
    const { code, out, err } = await fixpoint(['rbac', ...place, '--namespace', 'ops', '--service-account', 'mender']);
    expect([code, err]).toEqual([0, '']);
    const manifests = out.split('\n---\n').map((text) => parse(text) as { kind: string });
    expect(manifests).toEqual([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'mender', namespace: 'shop' },
        rules: [
          { apiGroups: [''], resources: ['namespaces'], resourceNames: ['shop'], verbs: ['get'] },
          { apiGroups: [''], resources: ['events'], verbs: ['create'] },
          { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['web'], verbs: ['get', 'patch'] },
        ],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'mender', namespace: 'shop' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'mender' },
        subjects: [{ kind: 'ServiceAccount', name: 'mender', namespace: 'ops' }],
      },
    ]);
    const json = await fixpoint(['rbac', ...place, '--output', 'json', '--namespace', 'ops', '--service-account', 'mender']);
    expect(JSON.parse(json.out)).toEqual({ cluster: 'default', manifests, problems: [] });
  });

  it('is told wrongly with 2, and has problems with 1', async () => {
    using folder = temporaryFolder();
    const rules = rulesIn(folder.path, rule.replace('summary', 'sumary'));
    expect(await fixpoint(['rbac', '--namespace', 'Not A Name'])).toMatchObject({ code: 2 });
    expect(await fixpoint(['rbac', 'x'])).toMatchObject({ code: 2 });
    expect(await fixpoint(['rbac', '--rules', rules, '--remediations', join(folder.path, 'remediations')])).toMatchObject({
      code: 1,
      err: expect.stringContaining('unknown key sumary') as string,
    });
  });
});

describe('fixpoint doctor', () => {
  it('tells each problem with its fix, and ends with 1', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'fixpoint.yaml');
    writeFileSync(file, "clusters: { default: { server: 'http://127.0.0.1:9' } }\n");
    const rules = rulesIn(folder.path, rule.replace('    ladder:', '    mode: auto\n    ladder:'));
    const place = ['--config', file, '--rules', rules, '--remediations', join(folder.path, 'remediations')];
    const { code, out, err } = await fixpoint(['doctor', ...place]);
    expect([code, err]).toEqual([1, '']);
    expect(out).toMatch(/^problem {2}rights +cluster default +POST [^\n]*fetch failed[^\n]*\n +→ mend clusters\.default in fixpoint\.yaml/);
    expect(out).toMatch(/problem {2}escalation +escalation +nobody is called when a remediation fails\n/);
    expect(out).toMatch(/3 looked at, 2 problems, 0 warnings$/);
    const json = await fixpoint(['doctor', ...place, '--output', 'json']);
    expect(JSON.parse(json.out)).toMatchObject({
      problems: 2,
      warnings: 0,
      findings: [{ area: 'rights' }, { area: 'redis', verdict: 'ok' }, { area: 'escalation' }],
    });
  });

  it('is told wrongly with 2, and says which sandbox it misses', async () => {
    using folder = temporaryFolder();
    expect(await fixpoint(['doctor', '--al'])).toMatchObject({ code: 2, err: expect.stringContaining('did you mean --all?') as string });
    expect(await fixpoint(['doctor', '--sandbox', '--data', folder.path])).toMatchObject({
      code: 1,
      err: expect.stringContaining('no sandbox runs on') as string,
    });
  });
});
