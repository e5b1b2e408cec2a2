import type { ClusterApi } from '../adapters/kubernetes/connection.ts';
import { readSecretKey } from '../adapters/kubernetes/secret-reader.ts';
import type { KubernetesSecret } from '../config/kubernetes-secret.ts';
import { codeOf, FixpointError, messageOf } from '../errors.ts';
import type { Log } from '../ports/log.ts';

/** How often they are read again, ms: a rotated one is in use after this long at the latest. */
export const readSecretsEvery = 15_000;
const readTimeout = 5000;

/** Answers that say that there is no such text for us (any more). */
const definite = new Set(['kubernetes.not-found', 'kubernetes.forbidden', 'kubernetes.invalid']);

interface Parts {
  readonly clusters: ReadonlyMap<string, ClusterApi>;
  readonly log: Log;
}

/**
 * Reads the secrets that Kubernetes keeps. One that is gone, or that we may not read any more, is forgotten; while Kubernetes does
 * not answer, what was known stays in use. Answers what is wrong, one line each.
 */
export async function readClusterSecrets(secrets: readonly KubernetesSecret[], { clusters, log }: Parts): Promise<readonly string[]> {
  const problems = await Promise.all(
    secrets.map(async (secret) => {
      const problem = await readOne(secret, clusters);
      if (problem === undefined) return [];
      if (problem.isDefinite) secret.drop(problem.message);
      const { message, isDefinite } = problem;
      log.warn({ secret: secret.describe(), reason: message, isKnown: secret.isKnown }, 'a secret could not be read from Kubernetes');
      return isDefinite ? [`${secret.describe()}: ${message}`] : [];
    }),
  );
  return problems.flat();
}

async function readOne(
  secret: KubernetesSecret,
  clusters: ReadonlyMap<string, ClusterApi>,
): Promise<{ readonly message: string; readonly isDefinite: boolean } | undefined> {
  const cluster = clusters.get(secret.place.cluster);
  if (cluster === undefined) return { message: `there is no cluster ${secret.place.cluster}`, isDefinite: true };
  const signal = AbortSignal.timeout(readTimeout);
  try {
    const text = await readSecretKey(cluster, secret.place, signal);
    if (text === '') return { message: 'it is empty', isDefinite: true };
    secret.put(text);
    return undefined;
  } catch (error) {
    const message = signal.aborted ? `cluster ${secret.place.cluster} does not answer within ${readTimeout} ms` : messageOf(error);
    return { message, isDefinite: definite.has(codeOf(error)) };
  }
}

/** Reads them at the start. Throws `config.invalid` where Kubernetes has one of them not, or not for us; one that it does not tell of now may come. */
export async function loadClusterSecrets(secrets: readonly KubernetesSecret[], parts: Parts): Promise<void> {
  const problems = await readClusterSecrets(secrets, parts);
  if (problems.length === 0) return;
  throw new FixpointError(
    'config.invalid',
    `${problems.length} ${problems.length === 1 ? 'secret' : 'secrets'} cannot be read from Kubernetes:\n${problems.join('\n')}`,
    { details: { problems } },
  );
}
