import { z } from 'zod';
import { contentHash } from '../../value/json.ts';
import { defineAction } from '../action.ts';
import { lengthBetween, lengthOf } from '../length.ts';
import { isOfStep, Matchers, silenceMatchers, silenceName } from './matchers.ts';
import { SourceName } from './source-name.ts';

const Params = z.strictObject({
  source: SourceName,
  matchers: Matchers,
  for: lengthBetween(60_000, 86_400_000).describe('How long, from when it is made.'),
  comment: z.string().min(1).max(500).default('silenced by a remediation').describe('Why, for people who look at it.'),
});

type Intent = {
  readonly source: string;
  readonly matchers: readonly string[];
  readonly length: number;
  readonly comment: string;
};

/** A silence in Fixpoint's own name. The comment carries a mark of run and step by which it is found again. */
export const silence = defineAction<z.infer<typeof Params>, Intent>({
  name: 'alertmanager.silence',
  summary: 'Silence alerts for a while. To Fixpoint itself they go on firing.',
  effect: 'converge',
  params: Params,
  target: () => undefined,
  permissions: () => [],
  async plan({ source: named, matchers: texts, for: length, comment }, { alertmanager, source, run, clock, signal }) {
    const place = named ?? source;
    const matchers = silenceMatchers(texts);
    const target = alertmanager.targetOf(place);
    const mark = contentHash({ run, place, matchers, length });
    const intent: Intent = { source: place, matchers: texts, length: lengthOf(length), comment: `${comment} (run ${run}, ${mark})` };
    const own = (await alertmanager.ownSilences(place, signal)).filter((other) => isOfStep(other, matchers));
    const until = Math.max(0, ...own.map(({ endsAt }) => endsAt));
    if (until >= clock.now() + lengthOf(length)) return { intent, changes: [], target };
    return {
      intent,
      target,
      changes: [
        {
          what: silenceName(matchers),
          from: until === 0 ? 'not silenced' : `silenced until ${new Date(until).toISOString()}`,
          to: 'silenced',
        },
      ],
      notes: [`for ${length}; people are not told of these alerts meanwhile`],
      inverse: { action: 'alertmanager.expireSilence', with: { source: place, matchers: texts } },
    };
  },
  async apply({ source, matchers, length, comment }, { alertmanager, write, clock, signal }) {
    const made = (await alertmanager.ownSilences(source, signal)).find((other) => other.comment === comment);
    if (made !== undefined) return { id: made.id, endsAt: made.endsAt };
    const startsAt = clock.now();
    const endsAt = startsAt + length;
    const id = await write.alertmanager.silence(source, { matchers: silenceMatchers(matchers), startsAt, endsAt, comment }, signal);
    return { id, endsAt };
  },
});
