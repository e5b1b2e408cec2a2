/** One example of each member as it stands in a rule or remediation; the test loads each. */
export const actionExamples: Readonly<Record<string, object>> = {
  'kubernetes.scale': { namespace: 'guardrails-platform', name: 'model-prompt-guard', replicas: { atLeast: 6 } },
  'kubernetes.restart': { kind: 'StatefulSet', namespace: 'research', name: 'vector-store' },
  'kubernetes.rollback': { namespace: 'llm-research', name: 'llm-research-api' },
  'kubernetes.setImage': {
    namespace: 'guardrails-platform',
    name: 'platform-api',
    container: 'api',
    image: 'registry.example/platform-api:1.4.2',
  },
  'kubernetes.setEnv': { namespace: 'ai-gatekeeper', name: 'ai-gatekeeper', env: { DB_POOL_SIZE: '30', DB_MAX_OVERFLOW: '20' } },
  'kubernetes.setResources': { namespace: 'ai-gatekeeper', name: 'ai-gatekeeper', limits: { memory: '4Gi', cpu: '2' } },
  'kubernetes.patch': {
    kind: 'Service',
    namespace: 'llm-research',
    name: 'llm-research-api',
    patch: { spec: { selector: { version: 'blue' } } },
  },
  'kubernetes.pods': { namespace: 'guardrails-platform', owner: { kind: 'Deployment', name: 'model-prompt-guard' } },
  'kubernetes.evict': { namespace: 'guardrails-platform', pod: 'model-prompt-guard-6c9f7d5b8-x2x7k' },
  'kubernetes.deletePod': { namespace: 'guardrails-platform', pod: 'postgresql-0' },
  'kubernetes.cordon': { node: 'worker-3' },
  'kubernetes.uncordon': { node: 'worker-3' },
  'kubernetes.drain': { node: 'worker-3', batch: 3, patience: '5m' },
  'kubernetes.runJob': { namespace: 'guardrails-platform', cronJob: 'backup', logLines: 50 },
  'kubernetes.exec': {
    namespace: 'guardrails-platform',
    owner: { kind: 'StatefulSet', name: 'redis' },
    pods: 'every',
    command: 'purge-memory',
  },
  'kubernetes.logs': {
    namespace: 'ai-gatekeeper',
    owner: { kind: 'Deployment', name: 'ai-gatekeeper' },
    previous: true,
    lines: 50,
    pattern: '(?i)validation|error',
  },
  'kubernetes.events': { namespace: 'guardrails-platform', kind: 'Pod', name: 'postgresql-0', type: 'Warning' },
  'kubernetes.top': { namespace: 'guardrails-platform', selector: 'type=ml-model' },
  'kubernetes.get': { kind: 'Deployment', namespace: 'guardrails-platform', name: 'model-prompt-guard', path: '/spec/replicas' },
  'kubernetes.describe': { kind: 'StatefulSet', namespace: 'guardrails-platform', name: 'postgresql' },
  'kubernetes.rolloutStatus': { namespace: 'llm-research', name: 'llm-research-api' },
  'http.request': {
    connection: 'guardrail-server',
    method: 'POST',
    path: '/admin/circuit-breakers/prompt-guard/close',
    unless: { path: '/admin/circuit-breakers/prompt-guard', pointer: '/state', equals: 'closed' },
  },
};

export const checkExamples: Readonly<Record<string, object>> = {
  promql: { query: 'guardrail_latency_p99_seconds', expect: 'value < 0.1', window: '5m', for: '1m' },
  rolloutComplete: {},
  http: { connection: 'guardrail-server', path: '/health', contains: 'ok' },
  alertResolved: {},
};

export const guardExamples: Readonly<Record<string, object>> = {
  approval: { mode: 'approve', guards: { approval: { expires: '2h', role: 'admin', fourEyes: true } } },
  protectedTarget: { protected: { namespaces: ['kube-system'], targets: ['kubernetes/*/*/statefulset.apps/postgres*'] } },
  window: { guards: { window: { allow: ['office-hours'], freeze: ['release'], else: 'defer' } } },
  holdWhile: { guards: { holdWhile: ['alertname="DatabaseDown"', { match: 'alertname="NodeDown"', scope: 'source', warnAfter: '30m' }] } },
  requires: { guards: { requires: ['values.replicas > 2.0', { promql: 'up{job="db"} == 1' }] } },
  cooldown: { guards: { cooldown: '15m' } },
  rate: { guards: { rate: { rule: '4/1h', namespace: ['3/1h', '7/1d'] } } },
  attempts: { guards: { attempts: 2 } },
  recurrence: { guards: { recurrence: '3/1d' } },
  blastRadius: {
    guards: {
      blastRadius: { targets: 6, percent: 20, failures: 2, fleet: { kind: 'Deployment', namespace: 'shop', selector: 'tier=web' } },
    },
  },
  failureBudget: { guards: { failureBudget: '3/1d' } },
  alertStorm: { limits: { storm: { subjects: 50, alerts: 20000, fleet: 50, window: '5m', quiet: '10m' } } },
  concurrency: { guards: { concurrency: { rule: 3, namespace: 1 } } },
  stillFiring: { guards: { maxAge: '10m' } },
};

/** What is measured of a guard besides its decisions. */
export const guardMetrics: Readonly<Record<string, string>> = {
  paused: '; `fixpoint_paused`',
  approval: '; `fixpoint_approvals_waiting`',
  failureBudget: '; `fixpoint_rule_demoted{rule}`',
  alertStorm: '; `fixpoint_storm`',
};
