/** Where decisions are counted. Label values come from closed sets; never a label of an alert. */
export interface Metrics {
  notification(source: string, result: 'accepted' | 'rejected' | 'unauthorized' | 'unavailable' | 'overloaded'): void;
  alert(source: string, status: 'firing' | 'resolved'): void;
  /** The alert by which a source shows that its whole way to us works. */
  heartbeat(source: string): void;
  match(rule: string): void;
  decision(rule: string, guard: string, decision: string): void;
  runEnded(
    labels: { readonly rule: string; readonly remediation: string; readonly mode: string; readonly outcome: string },
    seconds: number,
  ): void;
  timeToAction(seconds: number): void;
  timeToResolve(seconds: number): void;
  action(action: string, outcome: 'applied' | 'failed' | 'unchanged', seconds: number): void;
  verification(rule: string, verdict: string): void;
  escalation(rule: string, result: 'delivered' | 'failed' | 'ended' | 'unneeded' | 'dropped'): void;
  notice(kind: string, result: 'delivered' | 'failed' | 'dropped'): void;
  silence(rule: string, result: 'made' | 'ended' | 'failed'): void;
  ruleFailed(rule: string): void;
  undo(rule: string, outcome: string): void;
  refusedCredential(reason: 'missing' | 'invalid' | 'limited' | 'forbidden' | 'unavailable'): void;
}
