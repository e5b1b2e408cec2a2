/** A webhook message of Alertmanager with three alerts, about 3 KB. */
export function threeAlerts(): string {
  const alert = (index: number) => ({
    status: 'firing',
    labels: {
      alertname: 'HighLatencyP99',
      severity: 'critical',
      namespace: 'guardrails-platform',
      pod: `guardrail-server-7d9c5b8f6-x${index}abc`,
      instance: `10.0.0.${index}:8000`,
      job: 'guardrail-server',
      platform: 'llm-guardrails',
    },
    annotations: {
      summary: 'p99 latency is over 100 ms',
      description: 'The p99 latency of the guardrail server has been over its objective for five minutes. '.repeat(3),
      runbook_url: 'https://runbooks.example/guardrails/high-latency',
    },
    startsAt: '2026-11-21T09:30:52.123456789Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example:9090/graph?g0.expr=guardrail%3Arequest_latency_seconds%3Ap99+%3E+0.1&g0.tab=1',
    fingerprint: `60ca5afaebd3e51${index}`,
  });
  return JSON.stringify({
    receiver: 'fixpoint',
    status: 'firing',
    alerts: [1, 2, 3].map(alert),
    groupLabels: { alertname: 'HighLatencyP99' },
    commonLabels: { alertname: 'HighLatencyP99', severity: 'critical' },
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example:9093',
    version: '4',
    groupKey: '{}:{alertname="HighLatencyP99"}',
    truncatedAlerts: 0,
  });
}
