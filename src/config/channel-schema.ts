import { z } from 'zod';
import { noticeKinds } from '../value/notice-kind.ts';
import { Origin, SecretRef } from './fields.ts';

const channel = {
  alertmanager: z
    .strictObject({ url: Origin })
    .optional()
    .describe('An alert with fixpoint_escalation="true" is posted here; routing makes it a page.'),
  webhook: z
    .strictObject({
      url: z.union([Origin, SecretRef]).describe('An address; a secret where the address itself is one.'),
      format: z
        .enum(['slack', 'json', 'template'])
        .default('json')
        .describe("slack: as Slack's incoming webhooks take it; json: the message as it is; template: as below."),
      template: z
        .union([z.string(), z.record(z.string(), z.json())])
        .optional()
        .describe('The body, with ${…} in its texts: a text, or a map that is sent as JSON; see escalation.md.'),
      headers: z
        .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected the name of a header'), z.union([z.string(), SecretRef]))
        .default({})
        .describe('Sent with each message.'),
    })
    .refine(({ format, template }) => (format === 'template') === (template !== undefined), {
      error: 'template goes with format: template, and the other way round',
      path: ['template'],
    })
    .optional()
    .describe('Or: messages are posted here.'),
};
const hasOneChannel = (given: { alertmanager?: unknown; webhook?: unknown }) =>
  (given.alertmanager === undefined) !== (given.webhook === undefined);
const needsOneChannel = { error: 'expected one channel: alertmanager or webhook' };

/** Where calls to a person go. */
export const Escalation = z.strictObject(channel).refine(hasOneChannel, needsOneChannel);

/** Who is told what happens. */
export const Notice = z
  .strictObject({
    on: z.array(z.enum(noticeKinds)).min(1, 'expected at least one kind of notice').describe('Of what; see escalation.md.'),
    rules: z.array(z.string()).optional().describe('Only of these rules; absent = of all.'),
    ...channel,
  })
  .refine(hasOneChannel, needsOneChannel);
