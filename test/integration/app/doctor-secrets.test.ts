import { afterAll, beforeAll, expect, it } from 'vitest';
import { diagnose } from '../../../src/app/doctor/diagnose.ts';
import { KubernetesSecret } from '../../../src/config/kubernetes-secret.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createSandbox, type Sandbox } from '../../../src/sandbox/sandbox.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let sandbox: Sandbox;
let server = '';
const folder = temporaryFolder();

beforeAll(async () => {
  sandbox = createSandbox({ speed: 50, wallNow: () => Date.now() });
  ({ kubernetesUrl: server } = await sandbox.listen());
});
afterAll(async () => {
  await sandbox.close();
  folder.remove();
});

it('the doctor tells of a secret that Kubernetes does not keep, and of no other', async () => {
  const data = { token: Buffer.from('hush-hush').toString('base64') };
  sandbox.cluster.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace: 'default' }, data });
  const secret = (name: string) => new KubernetesSecret({ cluster: 'default', namespace: 'default', name, key: 'token' });
  const given = loadConfig({ rules: folder.path, remediations: folder.path }, {});
  const clusters = new Map([['default', { kind: 'server', server } as const]]);
  const findings = await diagnose({ ...given, clusters, kubernetesSecrets: [secret('keys'), secret('nowhere')] }, { isSandbox: false });
  expect(findings.filter(({ area, verdict }) => area === 'rights' && verdict !== 'ok')).toEqual([
    {
      area: 'rights',
      about: 'fixpoint.yaml',
      verdict: 'problem',
      message: expect.stringContaining(
        'key token of the Kubernetes Secret default/nowhere: GET /api/v1/namespaces/default/secrets/nowhere',
      ) as string,
      fix: 'create the Secret, or mend its name; fixpoint rbac prints the right to read it',
    },
  ]);
  expect(JSON.stringify(findings)).not.toContain('hush-hush');
});
