import { describe, expect, it } from 'vitest';
import { recordings } from './recordings.ts';
import { replay } from './replay.ts';
import { readTranscript } from './transcript.ts';

describe('the simulated Kubernetes API against the recorded one', () => {
  it.each(recordings)('answers $name as recorded', async (recording) => {
    const transcript = readTranscript(recording.name);
    const outcome = await replay(transcript, recording);
    expect(outcome.mismatches).toEqual([]);
    expect(outcome.leftOut).toEqual(recording.reasons);
    expect(outcome.equal).toBe(recording.equal);
    const leftOut = Object.values(recording.reasons).reduce((sum, count) => sum + count, 0);
    expect(outcome.equal + leftOut).toBe(transcript.exchanges.length);
    for (const watch of outcome.watches) expect(watch.replayed, watch.name).toEqual(watch.recorded);
    expect(outcome.watches).toHaveLength(recording.watches?.length ?? 0);
  });

  it('replays at least 500 exchanges in all', () => {
    expect(recordings.reduce((sum, recording) => sum + recording.equal, 0)).toBeGreaterThanOrEqual(500);
  });
});
