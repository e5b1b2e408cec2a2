import type { RunStory } from '../../../src/cli/run-story.ts';

/** A run in full, as the API tells it. */
export const story: RunStory = {
  id: 'r-1',
  incident: 'r',
  rule: 'slow',
  subject: 'http/a:1',
  mode: 'auto',
  phase: 'succeeded',
  reason: 'promql: value 0.1',
  attempt: 1,
  createdAt: '2026-01-02T03:04:05.678Z',
  finishedAt: null,
  alert: { labels: { alertname: 'Slow' }, source: 'main' },
  rungs: [
    {
      remediation: 'scale',
      mode: 'auto',
      state: 'succeeded',
      reason: 'it helped',
      steps: [
        {
          id: 'scale',
          action: 'kubernetes.scale',
          target: 'kubernetes/default/a/deployment.apps/b',
          effect: 'converge',
          state: 'settled',
          notes: ['an HPA owns it'],
          changes: [{ what: 'spec.replicas', from: 3, to: 6 }],
          output: { replicas: 6 },
          error: { code: 'kubernetes.conflict', message: 'changed meanwhile' },
          startedAt: null,
          finishedAt: '2026-01-02T03:04:06.000Z',
        },
      ],
      verdicts: [{ check: 'promql', verdict: 'passed', reason: 'value 0.1' }],
    },
  ],
  decisions: [{ guard: 'paused', decision: 'allow', reason: 'no pause', at: '2026-01-02T03:04:05.700Z', count: 2 }],
};
