/** Whether this process can do its work, and what keeps it from that. */
export async function readiness(
  store: { time(): Promise<number> },
  redis: { unfit(): string | undefined },
): Promise<{ ready: boolean; reasons: readonly string[] }> {
  try {
    await store.time();
    const unfit = redis.unfit();
    return { ready: unfit === undefined, reasons: unfit === undefined ? [] : [unfit] };
  } catch {
    return { ready: false, reasons: ['Redis does not answer'] };
  }
}
