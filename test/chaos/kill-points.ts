/** Calls of a process to the outside at which it can be struck: `<port>.<method>`, commits by what they commit. */
export const workerPoints = [
  'store.intake',
  'store.createRuns',
  'store.claim',
  'store.renew',
  'store.permit',
  'store.commit planned',
  'store.commit intent',
  'store.commit applied',
  'store.commit settling',
  'store.commit verifying',
  'store.commit climbing',
  'store.commit waiting',
  'store.commit end',
  'ledger.acquire',
  'ledger.extend',
  'ledger.cool',
  'ledger.release',
  'ledger.settle',
  'ledger.quarantine',
  'dispatches.add',
  'dispatches.addAll',
  'evidence.standing',
  'prometheus.query',
  'target.read',
  'target.change',
  'target.ring',
  'people.call',
] as const;

export const apiPoints = ['intake.add'] as const;

export type Point = (typeof workerPoints)[number] | (typeof apiPoints)[number];
