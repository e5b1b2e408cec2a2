import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { checkRedis } from '../../../src/adapters/redis/check-redis.ts';
import { redisPlace } from '../../../src/app/redis-place.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { kustomize, type Manifest } from '../../support/deploy/kustomize.ts';
import { manifestChecker } from '../../support/deploy/manifest-schema.ts';
import { kubernetesFolder, shippedPacks } from '../../support/deploy/packs.ts';
import { startRedis } from '../../support/redis.ts';
import { deploymentsOf, find, selects, workload, workloadsOf, type Labels } from '../../support/deploy/workload.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Made by hand as docs/install.md says, with these keys. */
const secrets = {
  'fixpoint-secrets': [
    'alertmanager-token',
    'history-url',
    'metrics-token',
    'operator-token',
    'redis-password',
    'redis-url',
    'sentinel-password',
  ],
  'fixpoint-redis-users': ['users.acl'],
};

const check = manifestChecker();

it('the check of manifests finds what is wrong', () => {
  const good = parse(readFileSync(join(kubernetesFolder, 'base/service.yaml'), 'utf8')) as { spec: object };
  expect(check(good)).toEqual([]);
  expect(check({ ...good, spec: { ...good.spec, selecter: {} } })[0]).toMatch(/Service\/spec: must NOT have additional.*selecter/);
  expect(check({ ...good, spec: { ...good.spec, ports: [{ port: 'eighty' }] } })[0]).toMatch(/ports\/0\/port: must be integer/);
  expect(check({ ...good, apiVersion: 'v2' })).toEqual(['no schema for v2/Service']);
});

/** The Deployments of each overlay that run Fixpoint, and where its history and its Redis are. */
const overlays = {
  single: { processes: ['fixpoint'], history: 'sqlite', hasRedis: true },
  ha: { processes: ['fixpoint'], history: 'postgres', hasRedis: true },
  split: { processes: ['fixpoint-api', 'fixpoint-worker'], history: 'postgres', hasRedis: true },
  sentinel: { processes: ['fixpoint'], history: 'postgres', hasRedis: false },
} as const;

it('every overlay is looked at', () =>
  expect(readdirSync(join(kubernetesFolder, 'overlays')).toSorted()).toEqual(Object.keys(overlays).toSorted()));

describe.each(Object.entries(overlays))('overlays/%s', (overlay, { processes, history, hasRedis }) => {
  let manifests: readonly Manifest[] = [];

  beforeAll(async () => {
    // With every pack, as the commented lines of the overlay take them in.
    using folder = temporaryFolder();
    const base = relative(folder.path, kubernetesFolder);
    const resources = [`${base}/overlays/${overlay}`, ...shippedPacks().map(({ name }) => `${base}/packs/${name}`)];
    writeFileSync(
      join(folder.path, 'kustomization.yaml'),
      stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources }),
    );
    manifests = await kustomize(folder.path);
  });

  it('is built, without packs and with all, into what the API server takes', async () => {
    const alone = await kustomize(join(kubernetesFolder, 'overlays', overlay));
    expect(alone.length).toBeGreaterThan(10);
    expect(deploymentsOf(manifests)).toEqual([...processes]);
    expect(manifests.length).toBeGreaterThan(alone.length + shippedPacks().length);
    for (const manifest of manifests) expect(check(manifest), `${manifest.kind} ${manifest.metadata.name}`).toEqual([]);
    const names = manifests.map(({ kind, metadata: { name, namespace } }) => `${kind}/${namespace}/${name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('keeps to the pod security level that its namespace enforces', () => {
    expect(find(manifests, 'Namespace', 'fixpoint').metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    for (const { spec } of workloadsOf(manifests)) {
      const { securityContext, containers, volumes } = spec.template.spec;
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources).toMatchObject({
          requests: { cpu: expect.any(String) as string, memory: expect.any(String) as string },
          limits: { memory: expect.any(String) as string },
        });
      }
      for (const { name, ...kinds } of volumes)
        expect(['configMap', 'secret', 'projected', 'emptyDir', 'persistentVolumeClaim'], name).toContain(Object.keys(kinds).join());
    }
  });

  it('refers to nothing that is not there', () => {
    const has = (kind: string, name: string | undefined) =>
      expect(
        manifests.some((one) => one.kind === kind && one.metadata.name === name),
        `${kind} ${name}`,
      ).toBe(true);
    for (const { spec } of workloadsOf(manifests)) {
      const { containers, volumes, serviceAccountName } = spec.template.spec;
      expect(selects(spec.selector.matchLabels, spec.template.metadata.labels)).toBe(true);
      if (serviceAccountName !== undefined) has('ServiceAccount', serviceAccountName);
      const claims = ((spec as { volumeClaimTemplates?: readonly Manifest[] }).volumeClaimTemplates ?? []).map(
        ({ metadata }) => metadata.name,
      );
      for (const { volumeMounts } of containers)
        for (const { name, subPath } of volumeMounts) {
          expect([...volumes.map((volume) => volume.name), ...claims]).toContain(name);
          // Such a file would stay as it was when the pod began.
          expect(subPath).toBeUndefined();
        }
      for (const { configMap, secret, persistentVolumeClaim, projected } of volumes) {
        if (configMap !== undefined) has('ConfigMap', configMap.name);
        if (secret !== undefined) expect(Object.keys(secrets)).toContain(secret.secretName);
        if (persistentVolumeClaim !== undefined) has('PersistentVolumeClaim', persistentVolumeClaim.claimName);
        for (const source of projected?.sources ?? [])
          if (source.configMap.name !== 'fixpoint-rules' && source.configMap.name !== 'fixpoint-remediations')
            has('ConfigMap', source.configMap.name);
      }
    }
    const pods = workloadsOf(manifests).map(({ spec }) => spec.template.metadata.labels);
    for (const service of manifests.filter(({ kind }) => kind === 'Service') as (Manifest & {
      spec: { selector: Labels; ports: { targetPort: string }[] };
    })[]) {
      const behind = workloadsOf(manifests).filter(({ spec }) => selects(service.spec.selector, spec.template.metadata.labels));
      expect(behind, service.metadata.name).toHaveLength(1);
      const ports = behind[0]?.spec.template.spec.containers[0].ports.map(({ name }) => name);
      for (const { targetPort } of service.spec.ports) expect(ports).toContain(targetPort);
    }
    for (const policy of manifests.filter(({ kind }) => kind === 'NetworkPolicy' || kind === 'PodDisruptionBudget')) {
      const { podSelector, selector } = policy['spec'] as { podSelector?: { matchLabels: Labels }; selector?: { matchLabels: Labels } };
      expect(
        pods.some((labels) => selects((podSelector ?? selector)?.matchLabels ?? { none: 'such' }, labels)),
        policy.metadata.name,
      ).toBe(true);
    }
    const monitor = find(manifests, 'ServiceMonitor', 'fixpoint')['spec'] as {
      selector: { matchLabels: Labels };
      endpoints: { port: string; authorization: { credentials: { name: string; key: string } } }[];
    };
    const service = find(manifests, 'Service', 'fixpoint');
    expect(selects(monitor.selector.matchLabels, service.metadata.labels)).toBe(true);
    const { ports } = service['spec'] as { ports: { name: string }[] };
    expect(ports.map(({ name }) => name)).toContain(monitor.endpoints[0]?.port);
    expect(monitor.endpoints[0]?.authorization.credentials).toEqual({ name: 'fixpoint-secrets', key: 'metrics-token' });
  });

  it('binds the roles of the packs to the account that the pods have', () => {
    const bindings = manifests.filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding');
    expect(bindings.length).toBeGreaterThan(0);
    for (const { subjects, roleRef, metadata } of bindings as (Manifest & { roleRef: { kind: string; name: string } })[]) {
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'fixpoint', namespace: 'fixpoint' }]);
      expect(
        manifests.some(
          ({ kind, metadata: role }) => kind === roleRef.kind && role.name === roleRef.name && role.namespace === metadata.namespace,
        ),
      ).toBe(true);
    }
  });

  it.each(processes)('%s starts with its configuration', (name) => {
    using folder = temporaryFolder();
    const { spec } = workload(manifests, 'Deployment', name).template;
    const config = spec.volumes.find((volume) => volume.name === 'config')?.configMap?.name;
    const { data } = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === config) as unknown as {
      data: Record<string, string>;
    };
    const text = data['fixpoint.yaml'] ?? '';
    expect(Object.keys(data)).toEqual(['fixpoint.yaml']);
    for (const [, key = ''] of text.matchAll(/\/etc\/fixpoint\/secrets\/([\w-]+)/g)) expect(secrets['fixpoint-secrets']).toContain(key);
    mkdirSync(join(folder.path, 'secrets'));
    for (const key of secrets['fixpoint-secrets'])
      writeFileSync(
        join(folder.path, 'secrets', key),
        key === 'redis-url' ? 'redis://fixpoint:x@fixpoint-redis:6379' : key === 'history-url' ? 'postgres://fixpoint:x@db/fixpoint' : 'x',
      );
    writeFileSync(join(folder.path, 'fixpoint.yaml'), text.replaceAll('/etc/fixpoint/secrets', join(folder.path, 'secrets')));
    const environment = Object.fromEntries((spec.containers[0].env ?? []).map((one) => [one.name, one.value ?? 'fixpoint']));
    const loaded = loadConfig({}, { ...environment, FIXPOINT_CONFIG: join(folder.path, 'fixpoint.yaml') });
    expect(loaded).toMatchObject({
      listen: { host: '0.0.0.0', port: 8080 },
      data: '/data',
      history: { kind: history },
      limits: { mode: 'plan' },
    });
    const place = redisPlace(loaded);
    if (hasRedis) expect(place).toBe('redis://fixpoint:x@fixpoint-redis:6379');
    else
      expect(place).toMatchObject({
        sentinels: [{ port: 26379 }, {}, {}],
        master: 'main',
        username: 'fixpoint',
        password: 'x',
        sentinelPassword: 'x',
      });
    const mounts = spec.containers[0].volumeMounts.map(({ mountPath }) => mountPath);
    expect(mounts).toEqual(expect.arrayContaining([loaded.data, loaded.rules, loaded.remediations]));
    // What it writes to is the data folder; everything of the cluster's is read only.
    expect(spec.containers[0].volumeMounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath)).toEqual([
      '/data',
      '/tmp',
    ]);
  });

  it.each(processes)('asks %s for what the service answers, and gives it time to end', (name) => {
    const { terminationGracePeriodSeconds, containers } = workload(manifests, 'Deployment', name).template.spec;
    const [container] = containers;
    expect(container).toMatchObject({
      startupProbe: { httpGet: { path: '/-/healthy', port: 'http' } },
      livenessProbe: { httpGet: { path: '/-/healthy', port: 'http' } },
      readinessProbe: { httpGet: { path: '/-/ready', port: 'http' } },
    });
    const [program, seconds] = container.lifecycle?.preStop.exec.command ?? [];
    expect(program).toBe('sleep');
    // Runs in hand get 10 s, requests 8 s; the smaller steps of stopping and the private Redis together less than 30 s.
    expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(seconds) + 10 + 8 + 30);
  });

  it('has a Redis that Fixpoint takes as its store, or nothing of it', async () => {
    if (!hasRedis) return expect(manifests.filter(({ metadata }) => metadata.name.startsWith('fixpoint-redis'))).toEqual([]);
    using folder = temporaryFolder();
    const { volumes } = workload(manifests, 'StatefulSet', 'fixpoint-redis').template.spec;
    const name = volumes.find((volume) => volume.name === 'config')?.configMap?.name;
    const { data } = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name) as unknown as {
      data: Record<string, string>;
    };
    writeFileSync(join(folder.path, 'users.acl'), 'user default on nopass ~* &* +@all\n');
    const settings = (data['redis.conf'] ?? '')
      .replace('dir /data', `dir ${folder.path}`)
      .replace('/etc/redis/secrets/users.acl', join(folder.path, 'users.acl'));
    writeFileSync(join(folder.path, 'redis.conf'), settings);
    await using redis = await startRedis({ configFile: join(folder.path, 'redis.conf') });
    expect(await checkRedis(redis.url)).toEqual([]);
  });
});
