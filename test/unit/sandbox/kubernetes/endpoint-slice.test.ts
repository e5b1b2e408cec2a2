import { beforeEach, describe, expect, it } from 'vitest';
import { placesOf } from '../../../../src/actions/http/endpoints.ts';
import { PracticeCluster } from '../../../support/actions/practice-cluster.ts';

const cluster = 'default';
const namespace = 'shop';
const signal = new AbortController().signal;
let practice: PracticeCluster;

beforeEach(() => {
  practice = new PracticeCluster();
  const labels = { app: 'api' };
  const containers = [{ name: 'api', image: 'registry.example/api:1.0', ports: [{ name: 'web', containerPort: 8000 }] }];
  practice.add(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'api', namespace },
      spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'api', namespace },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'web' }] },
    },
  );
});

const labelSelector = 'kubernetes.io/service-name=api';
const slices = async () =>
  await practice.context.kubernetes.list(
    { cluster, apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespace, labelSelector },
    signal,
  );
/** Where `http.probe` and `http.request` would go. */
const places = async () => {
  const { kubernetes, http } = practice.context;
  const declared = { ...http, endpointsOf: () => 'default/shop/api' };
  const endpoints = { cluster, namespace, service: 'api' };
  return (await placesOf({ connection: 'api', endpoints }, { http: declared, kubernetes }, signal)).map(({ address }) => address);
};
const podsOf = () => practice.cluster.list('Pod', namespace, { app: 'api' });
const addresses = (pods: ReturnType<typeof podsOf>) => pods.map((pod) => `${(pod['status'] as { podIP: string }).podIP}:8000`);

describe('the EndpointSlices of the sandbox', () => {
  it('are one of each Service, and lead to its ready pods', async () => {
    const found = await slices();
    expect(found).toHaveLength(1);
    expect(found[0]?.metadata.name).toMatch(/^api-[a-z0-9]{5}$/);
    expect(found[0]).toMatchObject({ addressType: 'IPv4', ports: [{ name: 'http', protocol: 'TCP', port: 8000 }] });
    expect(await places()).toEqual(addresses(podsOf()));
    expect(await places()).toHaveLength(3);
  });

  it('tell which pods are not ready', async () => {
    const [ill, ...well] = podsOf();
    practice.cluster.setPodReady(namespace, ill?.metadata.name ?? '', false);
    practice.rest(100);
    expect(await places()).toEqual(addresses(well));
    const endpoints = (await slices())[0]?.['endpoints'];
    expect(endpoints).toContainEqual(
      expect.objectContaining({
        conditions: { ready: false, serving: false, terminating: false },
        targetRef: expect.objectContaining({ kind: 'Pod', name: ill?.metadata.name }) as object,
      }),
    );
  });

  it('follow pods that come and go', async () => {
    const [gone] = podsOf();
    if (gone !== undefined) practice.cluster.delete(gone);
    practice.rest(60_000);
    expect(await places()).toEqual(addresses(podsOf()));
    expect(await places()).not.toContain(addresses(gone === undefined ? [] : [gone])[0]);
  });

  it('follow the selector, and go with their Service', async () => {
    const service = practice.cluster.get('Service', namespace, 'api');
    if (service === undefined) throw new Error('there is no Service');
    const spec = service['spec'] as object;
    practice.cluster.update(service, (now) => ({ ...now, spec: { ...spec, selector: { app: 'other' } } }));
    practice.rest(100);
    expect(await slices()).toMatchObject([{ endpoints: null, ports: null }]);
    await expect(places()).rejects.toMatchObject({ code: 'target.missing' });
    practice.cluster.delete(service);
    practice.rest(100);
    expect(await slices()).toEqual([]);
  });
});
