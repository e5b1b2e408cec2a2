/** The promise's answer, unless the signal aborts first: then its reason. What still comes of the promise is let go. */
export async function answerInTime<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // Nobody waits for it any more once the signal has won.
  promise.catch(() => undefined);
  signal.throwIfAborted();
  let give = (): void => {};
  const ended = new Promise<never>((_resolve, reject) => {
    give = () => reject(signal.reason as Error);
    signal.addEventListener('abort', give, { once: true });
  });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}
