/** One example of each member as it stands in a rule or remediation; the test loads each. */
export const actionExamples: Readonly<Record<string, object>> = {
  'kubernetes.scale': { namespace: 'guardrails-platform', name: 'model-prompt-guard', replicas: { atLeast: 6 } },
  'kubernetes.restart': { kind: 'StatefulSet', namespace: 'research', name: 'vector-store' },
  'kubernetes.patch': { namespace: 'research', name: 'api-settings', data: { POOL_SIZE: '40' } },
  'kubernetes.pods': { namespace: 'guardrails-platform', owner: { kind: 'Deployment', name: 'model-prompt-guard' } },
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
