import { silenceText, type SourceWatch } from '../pipeline/source-watch.ts';

/** Anyone may read it, so it names no file. */
const pausedText = 'this process is paused by its file or FIXPOINT_PAUSED: no effect is begun';

/** Whether this process can do its work, and what keeps it from that; that a source is silent or that it is paused does not, and is told. */
export async function readiness(
  store: { time(): Promise<number> },
  { redis, sources, paused }: { redis: { unfit(): string | undefined }; sources: Pick<SourceWatch, 'look'>; paused(): object | undefined },
): Promise<{ ready: boolean; reasons: readonly string[]; warnings: readonly string[] }> {
  const stop = paused() === undefined ? [] : [pausedText];
  try {
    const silences = await sources.look();
    await store.time();
    const unfit = redis.unfit();
    return {
      ready: unfit === undefined,
      reasons: unfit === undefined ? [] : [unfit],
      warnings: [...stop, ...silences.filter(({ isSilent }) => isSilent).map(silenceText)],
    };
  } catch {
    return { ready: false, reasons: ['Redis does not answer'], warnings: stop };
  }
}
