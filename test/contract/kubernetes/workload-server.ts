import type { Json } from '../../../src/value/json.ts';
import { applyJsonPatch } from '../../support/actions/json-patch.ts';
import { contextOf } from '../../support/actions/world.ts';
import { clientOf } from './client.ts';
import { transcript, type Exchange } from './recording.ts';
import type { Answer, Asked, Replay } from './replay.ts';

/** 200 with this body. */
export const ok = (body: unknown): Answer => ({ status: 200, headers: { 'content-type': 'application/json' }, body });
export const empty = ok({ kind: 'List', apiVersion: 'v1', items: [] });

export function exchange(file: string, index: number): Exchange {
  return transcript(file).exchanges[index] as Exchange;
}

/** A server that knows what has been recorded, one object of which is patched as the real one does. */
export function serverOf(
  reads: readonly Exchange[],
  patchPath: string,
  patched: (body: Json | undefined) => void,
): (asked: Asked) => Answer {
  const known = new Map(reads.map(({ request, response }) => [request.path, response]));
  return ({ method, path, body }) => {
    if (method === 'GET') {
      const one = known.get(path);
      if (one !== undefined) return one;
      // An object of a list that was recorded as a whole.
      const list = known.get(path.slice(0, path.lastIndexOf('/')))?.body as
        | { items?: readonly { metadata: { name: string } }[] }
        | undefined;
      const item = list?.items?.find(({ metadata }) => metadata.name === path.split('/').at(-1));
      const kind = path.includes('/replicasets/') ? 'ReplicaSet' : 'ControllerRevision';
      return item === undefined ? empty : ok({ ...item, kind, apiVersion: 'apps/v1' });
    }
    const before = known.get(patchPath)?.body as Json;
    const after = applyJsonPatch(before, body as Json);
    patched(after);
    return after === undefined
      ? exchange('04b', 37).response
      : ok({ ...(after as object), metadata: { ...(after as { metadata: object }).metadata, generation: 99 } });
  };
}

export function contextFor(api: Replay) {
  const { reader, writer } = clientOf(api.url);
  return contextOf({ kubernetes: { ...reader, ...writer } });
}
