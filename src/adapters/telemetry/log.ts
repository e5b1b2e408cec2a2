import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../../ports/log.ts';
import { shortened } from '../../value/shortened.ts';
import { errorRecord } from './error-record.ts';

export interface LogOptions {
  /** The least severe level written: `debug`, `info`, `warn`, `error` or `silent`. */
  readonly level: string;
  /** Whether people read it as it comes: coloured lines instead of JSON. */
  readonly isTerminal: boolean;
  /** Takes each line with its line feed; default: standard output. */
  readonly write?: (line: string) => void;
}

/** Characters of one text. */
const longestText = 2000;

/** Members that never reach the log, wherever they stand up to two levels deep. */
const hiddenMembers = ['authorization', 'Authorization', 'password', 'token', 'cookie'];

/** A log of JSON lines, or of lines for people on a terminal. Written at once, so that nothing is lost in a crash. */
export function createLog(options: LogOptions): Log & { child(bindings: object): Log } {
  return asLog(
    pino(
      {
        level: options.level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }), log: withinBounds },
        serializers: { err: errorRecord },
        redact: { paths: hiddenMembers.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[hidden]' },
      },
      destinationOf(options),
    ),
  );
}

/** A text of a line may come from a label, which may have megabytes. */
function withinBounds(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, typeof value === 'string' ? shortened(value, longestText) : value]),
  );
}

function destinationOf({ isTerminal, write }: LogOptions): DestinationStream {
  const plain = write === undefined ? pino.destination({ fd: 1, sync: true }) : { write };
  if (!isTerminal) return plain;
  const lines = pretty.prettyFactory({ colorize: write === undefined, translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
  return { write: (line) => void plain.write(lines(line)) };
}

function asLog(logger: Logger): Log & { child(bindings: object): Log } {
  return {
    debug: (data, message) => logger.debug(data, message),
    info: (data, message) => logger.info(data, message),
    warn: (data, message) => logger.warn(data, message),
    error: (data, message) => logger.error(data, message),
    child: (bindings) => asLog(logger.child(bindings)),
  };
}
