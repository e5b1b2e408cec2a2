import { z } from 'zod';
import { ownLabel } from '../../value/own-label.ts';
import { FixpointError } from '../../errors.ts';
import type { OwnSilence, Silencer } from '../../ports/silencer.ts';
import type { EvidenceSource } from './evidence.ts';
import { ourName } from './silences.ts';

const GettableSilence = z.object({
  id: z.string(),
  status: z.object({ state: z.string() }),
  createdBy: z.string(),
  comment: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  matchers: z.array(z.object({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean().default(true) })),
});

const code = 'alertmanager.unavailable';

/** Silences through Alertmanager's API v2; the comment says which run they are for, and so does it to whoever reads them back. */
export function createSilencer(sources: ReadonlyMap<string, EvidenceSource>): Silencer {
  const alertmanagerOf = (source: string) => {
    const api = sources.get(source)?.alertmanager;
    if (api === undefined) throw new FixpointError(code, `source ${source} has no alertmanager to ask`);
    return api;
  };
  return {
    sources: () => [...sources].filter(([, { alertmanager }]) => alertmanager !== undefined).map(([name]) => name),

    labelsOf(source, labels) {
      const added = sources.get(source)?.addedLabels ?? [];
      return Object.fromEntries(Object.entries(labels).filter(([name, value]) => value !== '' && !added.includes(name)));
    },

    async list(source, signal) {
      const path = '/api/v2/silences';
      const { status, body } = await alertmanagerOf(source).send({ method: 'GET', path, signal, code });
      if (status !== 200) throw new FixpointError(code, `GET ${path}: HTTP ${status}`);
      const { success, data } = z.array(GettableSilence).safeParse(body);
      if (!success) throw new FixpointError(code, `GET ${path}: the answer has not the form of this API`);
      return data.flatMap((silence) => ownSilence(silence) ?? []);
    },

    async put(source, { id, run, rule, labels, startsAt, endsAt }, signal) {
      const json = {
        ...(id === undefined ? {} : { id }),
        // An alert without a name may have nothing that our own call about it has not.
        matchers: Object.entries({ ...labels, [ownLabel]: '' }).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true })),
        startsAt: new Date(startsAt).toISOString(),
        endsAt: new Date(endsAt).toISOString(),
        createdBy: ourName,
        comment: commentOf(run, rule),
      };
      const path = '/api/v2/silences';
      const { status } = await alertmanagerOf(source).send({ method: 'POST', path, json, signal, code });
      // Somebody has ended it, or it is forgotten: it is made anew.
      if (status === 404 && id !== undefined) return await this.put(source, { run, rule, labels, startsAt, endsAt }, signal);
      if (status !== 200) throw new FixpointError(code, `POST ${path}: HTTP ${status}`);
    },

    async remove(source, id, signal) {
      const path = `/api/v2/silence/${encodeURIComponent(id)}`;
      const { status, body } = await alertmanagerOf(source).send({ method: 'DELETE', path, signal, code });
      // 0.25 answers 500, with words, for one that is unknown or over.
      const isGone = status === 404 || (status === 500 && /not found|expired/.test(JSON.stringify(body)));
      if (status !== 200 && !isGone) throw new FixpointError(code, `DELETE /api/v2/silence: HTTP ${status}`);
    },
  };
}

const comment = /^Fixpoint run (\S+) of rule \S+ acts on this;/;

function commentOf(run: string, rule: string): string {
  return `Fixpoint run ${run} of rule ${rule} acts on this; the silence ends with it, or by itself.`;
}

function ownSilence({
  id,
  status,
  createdBy,
  comment: text,
  startsAt,
  endsAt,
  matchers,
}: z.infer<typeof GettableSilence>): OwnSilence | undefined {
  const run = comment.exec(text)?.[1];
  if (status.state === 'expired' || createdBy !== ourName || run === undefined) return undefined;
  if (matchers.some(({ isRegex, isEqual }) => isRegex || !isEqual)) return undefined;
  const labels = Object.fromEntries(matchers.filter(({ name }) => name !== ownLabel).map(({ name, value }) => [name, value]));
  return { id, run, labels, startsAt: Date.parse(startsAt), endsAt: Date.parse(endsAt) };
}
