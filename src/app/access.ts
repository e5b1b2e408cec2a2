import type { ClusterLink } from '../adapters/kubernetes/connection.ts';
import { TokenReviewer } from '../adapters/kubernetes/token-reviewer.ts';
import { OidcIssuer } from '../adapters/oidc/oidc-issuer.ts';
import type { Access } from '../api/access.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../ports/clock.ts';

/** Who may use the API, as configured. */
export function accessOf(
  { auth }: Pick<Config, 'auth'>,
  { clusters, clock }: { readonly clusters: ReadonlyMap<string, ClusterLink>; readonly clock: Clock },
): Access {
  const issuers = auth.oidc.map((config) => new OidcIssuer(config, { clock }));
  const cluster = auth.kubernetes === undefined ? undefined : clusters.get(auth.kubernetes.cluster);
  const reviewers = auth.kubernetes === undefined || cluster === undefined ? [] : [new TokenReviewer(auth.kubernetes, { cluster, clock })];
  return { tokens: auth.tokens, authenticators: [...issuers, ...reviewers], certificates: auth.certificates };
}
