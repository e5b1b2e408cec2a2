/** When each source was last heard by its heartbeat. */
export interface Heartbeats {
  /** The heartbeat of a source has come, at `at` by the clock of who took it in; it moves what is known forward only, and never beyond now. */
  noteHeartbeat(source: string, at: number): Promise<void>;
  /** By source, store time, ms; those that were never heard are left out. */
  heartbeats(): Promise<ReadonlyMap<string, number>>;
}
