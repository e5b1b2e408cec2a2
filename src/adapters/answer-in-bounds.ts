import { FixpointError, type ErrorCode } from '../errors.ts';
import { answerInTime } from './answer-in-time.ts';

/** Bytes of one answer of a database; a longer one is given up before it fills the memory. */
const mostRead = 32 * 1024 * 1024;

/** Between two looks at what has come, ms. */
const pause = 25;

interface Bounds {
  /** What has come over the connection so far. */
  readonly connection: { readonly bytesRead: number };
  readonly signal: AbortSignal;
  /** For an answer that is too long; whoever gets it gives the connection up, for the rest is still to come. */
  readonly code: ErrorCode;
  readonly doing: string;
}

/** The answer to what has just been sent, unless the signal aborts first or more comes than one answer may have. */
export async function answerInBounds<T>(promise: Promise<T>, { connection, signal, code, doing }: Bounds): Promise<T> {
  const before = connection.bytesRead;
  const tooLong = new AbortController();
  const look = () => {
    if (connection.bytesRead - before > mostRead)
      tooLong.abort(new FixpointError(code, `${doing}: the answer has more than ${mostRead} bytes`));
  };
  const timer = setInterval(look, pause);
  try {
    const answer = await answerInTime(promise, AbortSignal.any([signal, tooLong.signal]));
    look();
    tooLong.signal.throwIfAborted();
    return answer;
  } finally {
    clearInterval(timer);
  }
}
