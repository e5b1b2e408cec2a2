import type { Action } from '../../../src/actions/action.ts';

export function parseParams(action: Action, params: unknown): unknown {
  return action.params.parse(params);
}

export function isAccepted(action: Action, params: unknown): boolean {
  return action.params.safeParse(params).success;
}
