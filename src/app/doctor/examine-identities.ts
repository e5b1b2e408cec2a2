import type { ClusterLink } from '../../adapters/kubernetes/connection.ts';
import { TokenReviewer } from '../../adapters/kubernetes/token-reviewer.ts';
import { issuerKeys } from '../../adapters/oidc/issuer-keys.ts';
import type { Config, OidcConfig, TokenReviewConfig } from '../../config/config.ts';
import { ask } from './ask.ts';
import type { Finding } from './finding.ts';

interface Asking {
  readonly config: Pick<Config, 'auth'>;
  readonly clusters: ReadonlyMap<string, ClusterLink>;
  readonly signal: AbortSignal;
}

/** Whether those who tell us whose a token is can be asked, and give what is needed to judge one. */
export async function examineIdentities({ config: { auth }, clusters, signal }: Asking): Promise<readonly Finding[]> {
  const issuers = auth.oidc.map((issuer) => examineIssuer(issuer, signal));
  const cluster = auth.kubernetes === undefined ? undefined : clusters.get(auth.kubernetes.cluster);
  const reviews = auth.kubernetes === undefined || cluster === undefined ? [] : [examineReview(auth.kubernetes, { cluster, signal })];
  return await Promise.all([...issuers, ...reviews]);
}

async function examineIssuer({ name, issuer, ca }: OidcConfig, signal: AbortSignal): Promise<Finding> {
  const finding = { area: 'auth', about: `auth.oidc.${name}` } as const;
  const answered = await ask((asked) => issuerKeys({ issuer, ...(ca === undefined ? {} : { ca }) }, asked), signal);
  if ('code' in answered)
    return {
      ...finding,
      verdict: 'problem',
      message: answered.message,
      fix: `see whether its discovery document and keys can be had from here, and whether issuer and ca of auth.oidc.${name} are right`,
    };
  const { length } = answered.answer.keys;
  if (length > 0) return { ...finding, verdict: 'ok', message: `tells its keys, of which there are ${length}` };
  return {
    ...finding,
    verdict: 'problem',
    message: 'has no key that a token could be checked with',
    fix: 'let it sign with RSA, EC or Ed25519',
  };
}

/** By a token that is nobody's: the answer has to be no. */
async function examineReview(
  review: TokenReviewConfig,
  { cluster, signal }: { readonly cluster: ClusterLink; readonly signal: AbortSignal },
): Promise<Finding> {
  const finding = { area: 'auth', about: 'auth.kubernetes' } as const;
  const reviewer = new TokenReviewer(review, { cluster, clock: { now: () => 0 } });
  const answered = await ask((asked) => reviewer.identify('nobody', { signal: asked, isSuspect: false }), signal);
  if ('code' in answered)
    return {
      ...finding,
      verdict: 'problem',
      message: answered.message,
      fix: `fixpoint rbac --cluster ${review.cluster} | kubectl apply -f - gives our account the right to ask, if that is what it lacks`,
    };
  if (answered.answer === undefined) return { ...finding, verdict: 'ok', message: `cluster ${review.cluster} tells whose a token is` };
  return {
    ...finding,
    verdict: 'problem',
    message: `cluster ${review.cluster} says that a made-up token is ${answered.answer.name}'s`,
    fix: 'take auth.kubernetes out until its API server knows tokens',
  };
}
