import { silenceText, type SourceWatch } from '../pipeline/source-watch.ts';

/** Whether this process can do its work, and what keeps it from that; that a source is silent does not, and is told. */
export async function readiness(
  store: { time(): Promise<number> },
  { redis, sources }: { redis: { unfit(): string | undefined }; sources: Pick<SourceWatch, 'look'> },
): Promise<{ ready: boolean; reasons: readonly string[]; warnings: readonly string[] }> {
  try {
    const silences = await sources.look();
    await store.time();
    const unfit = redis.unfit();
    return {
      ready: unfit === undefined,
      reasons: unfit === undefined ? [] : [unfit],
      warnings: silences.filter(({ isSilent }) => isSilent).map(silenceText),
    };
  } catch {
    return { ready: false, reasons: ['Redis does not answer'], warnings: [] };
  }
}
