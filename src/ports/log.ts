/** Messages are constant sentences; data goes in the object under fixed keys (`runId`, `rule`, `target`, `fingerprint`, `err`). */
export interface Log {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}
