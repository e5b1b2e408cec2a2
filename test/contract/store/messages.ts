import type { OutboxMessage } from '../../../src/ports/people-store.ts';

/** A message to people about a run. */
export function messageOf(run: string, given: Partial<OutboxMessage> = {}): OutboxMessage {
  const incident = run.replace(/-\d+$/, '');
  return {
    key: `incident/${incident}`,
    kind: 'call',
    incident,
    run,
    rule: 'slow',
    subject: 'kubernetes/default/shop/deployment.apps/web',
    severity: 'critical',
    title: 'HighLatency: slow failed',
    text: 'ladder exhausted',
    reason: 'ladder exhausted',
    changes: [],
    labels: { rule: 'slow' },
    ...given,
  };
}
