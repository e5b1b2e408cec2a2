import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load.ts';
import { serverProgram } from '../../support/server-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const run = promisify(execFile);
const root = new URL('../../../', import.meta.url).pathname;
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly volumes: readonly string[];
        readonly depends_on?: readonly string[];
        readonly environment?: Readonly<Record<string, string>>;
      }
    >
  >;
  readonly volumes: Readonly<Record<string, object>>;
}

const text = read('compose.yaml');
const compose = parse(text) as Compose;
/** What its first lines say how to make. */
const secrets = ['webhook-token', 'viewer-token', 'operator-token', 'redis-password', 'redis-url', 'users.acl'];

it('compose.yaml uses what Compose knows, and mounts what there is', () => {
  const validate = new Ajv({ allErrors: true }).compile(JSON.parse(read('test/fixtures/compose.schema.json')) as object);
  expect(validate(compose), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...compose, services: { ...compose.services, more: { image: 'x:latest', privileged: true } } })).toBe(false);
  for (const { volumes, depends_on: needs = [] } of Object.values(compose.services)) {
    for (const service of needs) expect(Object.keys(compose.services)).toContain(service);
    for (const volume of volumes) {
      const [source = ''] = volume.split(':');
      const secret = /^\.\/deploy\/compose\/secrets(?:\/(.*))?$/.exec(source);
      if (secret !== null) expect([undefined, ...secrets]).toContain(secret[1]);
      else if (source.startsWith('./')) expect(existsSync(join(root, source)), source).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  }
  for (const secret of secrets) expect(text.slice(0, text.indexOf('name: fixpoint')), secret).toContain(secret);
});

it('its Fixpoint starts with its configuration', () => {
  using folder = temporaryFolder();
  cpSync(join(root, 'deploy/compose/fixpoint.yaml'), join(folder.path, 'fixpoint.yaml'));
  mkdirSync(join(folder.path, 'secrets'));
  for (const name of secrets)
    writeFileSync(join(folder.path, 'secrets', name), name === 'redis-url' ? 'redis://fixpoint:x@redis:6379' : 'text');
  const config = loadConfig({}, { FIXPOINT_CONFIG: join(folder.path, 'fixpoint.yaml'), FIXPOINT_LISTEN: '0.0.0.0:8080' });
  expect(config).toMatchObject({ limits: { mode: 'plan' }, sources: [{ name: 'default', evidence: 'api' }] });
  expect(config.auth.tokens.map(({ role }) => role)).toEqual(['viewer', 'operator']);
});

it('its Prometheus and Alertmanager read their configurations', async () => {
  using folder = temporaryFolder();
  const config = read('deploy/compose/prometheus.yml');
  writeFileSync(join(folder.path, 'viewer-token'), 'text');
  writeFileSync(join(folder.path, 'prometheus.yml'), config.replace('/etc/prometheus/', ''));
  writeFileSync(join(folder.path, 'fixpoint-alerts.yaml'), read('deploy/prometheus/fixpoint-alerts.yaml'));
  const promtool = join(serverProgram('prometheus'), '../promtool');
  expect((await run(promtool, ['check', 'config', 'prometheus.yml'], { cwd: folder.path })).stdout).toContain('SUCCESS');
  const amtool = join(serverProgram('alertmanager'), '../amtool');
  expect((await run(amtool, ['check-config', join(root, 'deploy/compose/alertmanager.yml')])).stdout).toContain('SUCCESS');
  // The job that the alerts ask for.
  expect(config).toContain('job_name: fixpoint');
  expect(read('deploy/compose/alertmanager.yml')).toContain('url: http://fixpoint:8080/api/v1/webhook/default');
});
