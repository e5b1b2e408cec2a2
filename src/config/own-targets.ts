/** What a pod knows of itself: its name, and the namespace its environment says, or the files of its account. */
interface OwnPlace {
  readonly listen: { readonly host: string; readonly port: number };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Addresses of our own Redis, or of the sentinels that name it; none for the private one. */
  readonly redis: readonly URL[];
}

/**
 * Targets that are Fixpoint itself, or what it lives on, as patterns: a remediator that restarts itself or its store never ends
 * what it began. In a pod: its workload, by the name that the pod's own begins with, wherever the pod's namespace is not known.
 */
export function ownTargets({ listen, environment, redis }: OwnPlace): readonly string[] {
  const isInPod = environment['KUBERNETES_SERVICE_HOST'] !== undefined;
  const workload = isInPod ? workloadOf(environment['HOSTNAME']) : undefined;
  const namespace = environment['FIXPOINT_NAMESPACE'] ?? '*';
  return [
    ...(workload === undefined ? [] : ownObjects(namespace, workload)),
    `http/${listen.host}:${listen.port}`,
    ...redis.filter(({ hostname }) => hostname !== '').flatMap(redisTargets),
  ];
}

/** `fixpoint` of the pods `fixpoint-7d9f8b6c5-abcde` (Deployment), `fixpoint-abcde` (DaemonSet) and `fixpoint-0` (StatefulSet). */
function workloadOf(pod: string | undefined): string | undefined {
  return pod === undefined || pod === '' ? undefined : pod.replace(/(?:-[a-z0-9]{1,10}-[a-z0-9]{5}|-[a-z0-9]{5}|-\d+)$/, '');
}

function ownObjects(namespace: string, workload: string): readonly string[] {
  const children = ['pod', 'replicaset.apps'].map((kind) => `kubernetes/*/${namespace}/${kind}/${workload}-*`);
  return [`kubernetes/*/${namespace}/*/${workload}`, ...children];
}

/** By address, and by the workload that a Service of the same name leads to: `redis.fixpoint.svc`. */
function redisTargets({ hostname, port }: URL): readonly string[] {
  const [service = '', namespace = '*', kind] = hostname.split('.');
  const isService = /^[a-z]/.test(service) && (kind === undefined || kind === 'svc') && service !== 'localhost';
  return [`http/${hostname}:${port === '' ? 6379 : port}`, ...(isService ? ownObjects(namespace, service) : [])];
}
