import { z } from 'zod';
import { ownLabel } from '../../value/own-label.ts';
import { defineAction } from '../action.ts';
import { lengthBetween, lengthOf } from '../length.ts';
import { SourceName } from '../alertmanager/source-name.ts';
import { NoticeText, NoticeTitle } from './notice-text.ts';

const Params = z.strictObject({
  source: SourceName,
  title: NoticeTitle,
  text: NoticeText,
  severity: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,30}$/, 'must be one word in lower case')
    .default('info')
    .describe('The label `severity` of the notice.'),
  for: lengthBetween(60_000, 86_400_000).default('1h').describe('How long Alertmanager keeps it.'),
});

type Intent = {
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly length: number;
};

/** An alert of our own that routing brings to people. Its labels name the run, so that sending it again is the same alert; it never opens an incident. */
export const notifyAlertmanager = defineAction<z.infer<typeof Params>, Intent>({
  name: 'notify.alertmanager',
  summary: 'Tell people something by an alert `FixpointNotice`, which the routing of an Alertmanager brings to them.',
  effect: 'converge',
  isAside: true,
  params: Params,
  target: () => undefined,
  permissions: () => [],
  plan({ source: named, title, text, severity, for: length }, { alertmanager, source, run }) {
    const place = named ?? source;
    alertmanager.targetOf(place);
    const labels = { alertname: 'FixpointNotice', [ownLabel]: 'notice', severity, run, title };
    const intent: Intent = { source: place, labels, annotations: { summary: title, description: text }, length: lengthOf(length) };
    return Promise.resolve({ intent, changes: [{ what: 'notice to people', from: null, to: title }], target: `run/${run}` });
  },
  async apply({ source, labels, annotations, length }, { write, clock, signal }) {
    const endsAt = clock.now() + length;
    await write.alertmanager.notify(source, { labels, annotations, endsAt }, signal);
    return { endsAt };
  },
});
