import { uidOf } from '../run/intent-uid.ts';
import type { Run, RungRecord } from '../run/run.ts';
import { contentHash } from '../value/json.ts';

/** What a person's yes is for: where each change starts and whose it is. Stamps and shapes of `to` may differ between plannings. */
export function planHash(run: Run, rung: RungRecord): string {
  const steps = rung.steps.map(({ id, action, target, changes, intent }) => ({
    id,
    action,
    target,
    uid: uidOf(intent),
    changes: changes.map(({ what, from }) => ({ what, from })),
  }));
  return contentHash({ rung: run.rung, remediation: rung.remediation, steps });
}
