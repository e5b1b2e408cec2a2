/** Kills the caller around one of its requests: before it is taken up, or after it was done but before the answer. */
export interface Crash {
  readonly request: number;
  readonly when: 'before' | 'after';
}

/** Counts requests and dies at the one it was told; shared by the fakes whose requests count together. */
export class Mortal {
  crash: Crash | undefined;
  requests = 0;

  async request<T>(work: () => T | Promise<T>): Promise<T> {
    this.requests += 1;
    const dies = this.crash?.request === this.requests ? this.crash.when : undefined;
    if (dies === 'before') throw new Error('killed');
    const answer = await work();
    if (dies === 'after') throw new Error('killed');
    return answer;
  }
}
