import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { kustomize } from '../../support/deploy/kustomize.ts';
import { manifestChecker } from '../../support/deploy/manifest-schema.ts';
import { kubernetesFolder } from '../../support/deploy/packs.ts';
import { deploymentsOf, find, selects, workload, type Labels } from '../../support/deploy/workload.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

it('overlays/ha keeps its processes apart and never takes two at once; overlays/single never runs two', async () => {
  const ha = await kustomize(join(kubernetesFolder, 'overlays/ha'));
  const spec = workload(ha, 'Deployment', 'fixpoint');
  expect(spec).toMatchObject({ replicas: 3, strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } } });
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: spec.selector.matchLabels } };
  expect(spec.template.spec.affinity).toEqual({ podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } });
  expect(spec.template.spec.topologySpreadConstraints).toMatchObject([
    { topologyKey: 'topology.kubernetes.io/zone', labelSelector: term.labelSelector },
  ]);
  expect(find(ha, 'PodDisruptionBudget', 'fixpoint')['spec']).toMatchObject({ maxUnavailable: 1, selector: term.labelSelector });
  const single = workload(await kustomize(join(kubernetesFolder, 'overlays/single')), 'Deployment', 'fixpoint');
  expect(single).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  expect(single.template.spec.volumes[0]).toEqual({ name: 'data', persistentVolumeClaim: { claimName: 'fixpoint-data' } });
});

it('overlays/split has each role once, as overlays/ha has its processes, leads alerts to the api only, and Prometheus to both', async () => {
  const ha = workload(await kustomize(join(kubernetesFolder, 'overlays/ha')), 'Deployment', 'fixpoint');
  const split = await kustomize(join(kubernetesFolder, 'overlays/split'));
  for (const [role, replicas] of [
    ['api', 2],
    ['worker', 3],
  ] as const) {
    const component = { 'app.kubernetes.io/component': role };
    const { selector, template, ...rest } = workload(split, 'Deployment', `fixpoint-${role}`);
    const labels = { 'app.kubernetes.io/name': 'fixpoint', ...component };
    expect(selector.matchLabels).toEqual(labels);
    expect(rest).toEqual({ minReadySeconds: 5, replicas, strategy: ha.strategy });
    // But for its role and its labels it is what a process of overlays/ha is; the configuration differs in its hash at most.
    const [container] = template.spec.containers;
    expect(container).toEqual({ ...ha.template.spec.containers[0], args: ['serve', '--role', role] });
    const terms = JSON.stringify({ affinity: ha.template.spec.affinity, spread: ha.template.spec.topologySpreadConstraints });
    const own = JSON.stringify(labels, Object.keys(labels).toSorted());
    expect({ affinity: template.spec.affinity, spread: template.spec.topologySpreadConstraints }).toEqual(
      JSON.parse(terms.replaceAll('{"app.kubernetes.io/name":"fixpoint"}', own)),
    );
    expect(template.spec.volumes).toEqual(ha.template.spec.volumes);
  }
  const behind = (name: string) => (find(split, 'Service', name)['spec'] as { selector: Labels }).selector['app.kubernetes.io/component'];
  expect([behind('fixpoint'), behind('fixpoint-worker')]).toEqual(['api', 'worker']);
  const monitor = find(split, 'ServiceMonitor', 'fixpoint')['spec'] as { jobLabel: string; selector: { matchLabels: Labels } };
  for (const name of ['fixpoint', 'fixpoint-worker']) {
    const { labels } = find(split, 'Service', name).metadata;
    expect(selects(monitor.selector.matchLabels, labels)).toBe(true);
    expect(labels?.[monitor.jobLabel]).toBe('fixpoint');
  }
});

it('overlays/sentinel may reach your Redis and its sentinels', async () => {
  const manifests = await kustomize(join(kubernetesFolder, 'overlays/sentinel'));
  expect(find(manifests, 'NetworkPolicy', 'fixpoint-sentinel')['spec']).toMatchObject({
    egress: [{ ports: [{ port: 6379 }, { port: 26379 }] }],
  });
});

it.each(['single', 'ha', 'split', 'sentinel'])(
  'components/tls makes all of overlays/%s that asks the API ask it over TLS',
  async (overlay) => {
    using folder = temporaryFolder();
    const base = relative(folder.path, kubernetesFolder);
    const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };
    writeFileSync(
      join(folder.path, 'kustomization.yaml'),
      stringify({ ...kustomization, resources: [`${base}/overlays/${overlay}`], components: [`${base}/components/tls`] }),
    );
    const manifests = await kustomize(folder.path);
    const check = manifestChecker();
    for (const manifest of manifests) expect(check(manifest), `${manifest.kind} ${manifest.metadata.name}`).toEqual([]);
    const names = deploymentsOf(manifests);
    expect(names).toHaveLength(overlay === 'split' ? 2 : 1);
    const told = /# {3}tls: (\{.*\})/.exec(readFileSync(join(kubernetesFolder, 'components/tls/kustomization.yaml'), 'utf8'))?.[1] ?? '';
    const files = parse(told) as { cert: string; key: string };
    for (const name of names) {
      const { containers, volumes } = workload(manifests, 'Deployment', name).template.spec;
      const [container] = containers;
      const probe = (path: string) => ({ httpGet: { path, port: 'http', scheme: 'HTTPS' } });
      expect(container).toMatchObject({
        startupProbe: probe('/-/healthy'),
        livenessProbe: probe('/-/healthy'),
        readinessProbe: probe('/-/ready'),
      });
      const mount = container.volumeMounts.find(({ name: volume }) => volume === 'tls');
      expect(mount).toMatchObject({ readOnly: true });
      expect([files.cert, files.key]).toEqual(['tls.crt', 'tls.key'].map((key) => `${mount?.mountPath}/${key}`));
      expect(volumes.find(({ name: volume }) => volume === 'tls')?.secret).toMatchObject({ secretName: 'fixpoint-tls' });
    }
    expect(find(manifests, 'ServiceMonitor', 'fixpoint')['spec']).toMatchObject({
      endpoints: [{ scheme: 'https', path: '/metrics', tlsConfig: { ca: { secret: { name: 'fixpoint-tls' } } } }],
    });
  },
);
