import { codeOf, FixpointError, messageOf, type ErrorCode } from '../../errors.ts';

/** How long one question may take, ms. */
const patience = 10_000;

export type Answered<T> = { readonly answer: T } | { readonly code: ErrorCode; readonly message: string };

/** Asks one system, for a few seconds; what goes wrong is an answer too. */
export async function ask<T>(question: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<Answered<T>> {
  try {
    return { answer: await question(AbortSignal.any([signal, AbortSignal.timeout(patience)])) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FixpointError) return { code: codeOf(error), message: messageOf(error) };
    if (error instanceof DOMException && error.name === 'TimeoutError')
      return { code: 'timeout', message: `no answer within ${patience} ms` };
    throw error;
  }
}
