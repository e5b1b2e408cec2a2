import type { Config } from '../../config/config.ts';
import type { Right } from './rights-of-rules.ts';

/** What the configuration itself needs of Kubernetes: its secrets that are kept there, each by name, and to ask whose a token is. */
export function rightsOfConfig({ auth, kubernetesSecrets }: Pick<Config, 'auth' | 'kubernetesSecrets'>): readonly Right[] {
  const secrets = kubernetesSecrets.map(({ place: { cluster, namespace, name } }) => ({ cluster, namespace, name }));
  const places = [...new Map(secrets.map((place) => [JSON.stringify(place), place])).values()];
  const reviews = auth.kubernetes === undefined ? [] : [auth.kubernetes.cluster];
  return [
    ...places.map((place) => ({ ...place, verb: 'get', apiGroup: '', resource: 'secrets', rules: ['fixpoint.yaml'] })),
    ...reviews.map((cluster) => ({
      cluster,
      verb: 'create',
      apiGroup: 'authentication.k8s.io',
      resource: 'tokenreviews',
      rules: ['auth.kubernetes'],
    })),
  ];
}
