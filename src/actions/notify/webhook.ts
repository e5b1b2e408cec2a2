import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import { contentHash } from '../../value/json.ts';
import { defineAction } from '../action.ts';
import { HttpConnection, HttpPath } from '../http/http-connection.ts';
import { NoticeText, NoticeTitle } from './notice-text.ts';

const Params = z.strictObject({
  connection: HttpConnection,
  path: HttpPath.default('/').describe('Path and query below the origin of the connection; may hold `${secrets.name}`.'),
  format: z
    .enum(['slack', 'json'])
    .default('json')
    .describe('`{text}` as Slack takes it, or `{run, at, title, text}`; both with the time at which it is sent.'),
  title: NoticeTitle,
  text: NoticeText,
});

type Intent = {
  readonly connection: string;
  readonly path: string;
  readonly format: 'slack' | 'json';
  readonly title: string;
  readonly text: string;
  readonly key: string;
};

const timeoutMs = 5000;

/** A message to people. After a crash it may be sent again, with the same idempotency key: told twice is better than not at all. */
export const notifyWebhook = defineAction<z.infer<typeof Params>, Intent>({
  name: 'notify.webhook',
  summary: 'Tell people something by a POST to a declared HTTP connection.',
  effect: 'converge',
  isAside: true,
  params: Params,
  target: () => undefined,
  permissions: () => [],
  plan({ connection, path, format, title, text }, { http, run }) {
    if (http.targetOf(connection) === undefined)
      throw new FixpointError('target.missing', `no connection is named ${connection} (http: in fixpoint.yaml)`);
    const message = { connection, path, format, title, text };
    const intent: Intent = { ...message, key: contentHash({ run, ...message }) };
    return Promise.resolve({ intent, changes: [{ what: `notice by ${connection}`, from: null, to: title }], target: `run/${run}` });
  },
  async apply({ connection, path, format, title, text, key }, { write, run, clock, signal }) {
    const at = new Date(clock.now()).toISOString();
    const body = JSON.stringify(format === 'slack' ? { text: slackText(title, `${text}\n${at}`.trimStart()) } : { run, at, title, text });
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const { status } = await write.http.send({ connection, method: 'POST', path, headers, body, timeoutMs }, signal);
    if (status < 200 || status > 299)
      throw new FixpointError(
        status >= 500 || status === 429 ? 'http.unavailable' : 'http.unexpected-answer',
        `POST on ${connection}: HTTP ${status}, expected 200 to 299`,
      );
    return { status };
  },
});

/** Slack's three reserved characters are escaped, so that no alert can mention a channel or disguise a link. */
function slackText(title: string, text: string): string {
  const plain = (part: string) => part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `*${plain(title)}*\n${plain(text)}`.trimEnd();
}
