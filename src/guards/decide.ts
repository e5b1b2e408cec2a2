import type { Decision } from '../run/run.ts';

export function allow(reason: string): Decision {
  return { decision: 'allow', reason };
}

export function deny(reason: string): Decision {
  return { decision: 'deny', reason };
}
