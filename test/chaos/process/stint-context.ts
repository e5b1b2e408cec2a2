import { AsyncLocalStorage } from 'node:async_hooks';

/** On whose behalf a request is sent: the run and the fence of the claim that is being worked on. */
export interface StintContext {
  run: string;
  fence: number;
}

const storage = new AsyncLocalStorage<StintContext>();

export function inStint<T>(context: StintContext, work: () => Promise<T>): Promise<T> {
  return storage.run(context, work);
}

export function currentStint(): StintContext | undefined {
  return storage.getStore();
}

/** What targets log as the sender of a request. */
export function senderText(): string {
  return JSON.stringify({ run: 'none', fence: 0, ...currentStint(), worker: process.pid });
}
