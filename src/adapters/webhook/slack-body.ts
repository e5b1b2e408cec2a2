import type { OutboxMessage } from '../../ports/people-store.ts';
import type { Json } from '../../value/json.ts';
import { slackText } from '../../value/slack-text.ts';

const longest = { title: 500, text: 4000 };

/** The body of Slack's incoming webhooks. Slack cuts at 40,000 characters; a person stops reading long before. */
export function slackBody({ title, text, url }: OutboxMessage): Json {
  const link = url === undefined ? '' : `\n<${slackText(url)}>`;
  return { text: `*${slackText(title.slice(0, longest.title))}*\n${slackText(text.slice(0, longest.text))}${link}` };
}
