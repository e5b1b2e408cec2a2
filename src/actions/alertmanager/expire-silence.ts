import { z } from 'zod';
import { defineAction } from '../action.ts';
import { isOfStep, Matchers, silenceMatchers, silenceName } from './matchers.ts';
import { SourceName } from './source-name.ts';

const Params = z.strictObject({ source: SourceName, matchers: Matchers });

type Intent = { readonly source: string; readonly ids: readonly string[] };

/** Ends silences with exactly these matchers, and of those only the ones that Fixpoint made. */
export const expireSilence = defineAction<z.infer<typeof Params>, Intent>({
  name: 'alertmanager.expireSilence',
  summary: "End the silences that Fixpoint made of these alerts; nobody else's.",
  effect: 'converge',
  params: Params,
  target: () => undefined,
  permissions: () => [],
  async plan({ source: named, matchers: texts }, { alertmanager, source, signal }) {
    const place = named ?? source;
    const matchers = silenceMatchers(texts);
    const target = alertmanager.targetOf(place);
    const own = (await alertmanager.ownSilences(place, signal)).filter((silence) => isOfStep(silence, matchers));
    const intent: Intent = { source: place, ids: own.map(({ id }) => id) };
    return { intent, target, changes: own.length === 0 ? [] : [{ what: silenceName(matchers), from: 'silenced', to: 'not silenced' }] };
  },
  async apply({ source, ids }, { alertmanager, write, signal }) {
    const left = new Set((await alertmanager.ownSilences(source, signal)).map(({ id }) => id));
    for (const id of ids) if (left.has(id)) await write.alertmanager.expire(source, id, signal);
    return { ids };
  },
});
