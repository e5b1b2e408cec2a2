import { compileMessageTemplate } from '../rule/message-template.ts';
import { nearest } from '../value/nearest.ts';
import type { ChannelConfig, SecretSource } from './config.ts';
import type { SecretRef } from './fields.ts';
import type { ConfigFile } from './schema.ts';

interface ChannelParts {
  /** Where it stands in the file, for problems. */
  readonly place: string;
  readonly secret: (ref: SecretRef) => SecretSource;
  /** Names under `secrets`. */
  readonly secrets: readonly string[];
  /** Problems found are added. */
  readonly messages: string[];
}

/** A channel to people; the template of a webhook is compiled, so that what is wrong with it is told at the start. */
export function channelConfig(
  { alertmanager, webhook }: NonNullable<ConfigFile['escalation']>[number],
  parts: ChannelParts,
): ChannelConfig {
  // The schema lets one of them be there.
  if (webhook === undefined) return { kind: 'alertmanager', url: alertmanager?.url ?? '' };
  const { url, format, template, headers } = webhook;
  const { secret } = parts;
  return {
    kind: 'webhook',
    url: typeof url === 'string' ? url : secret(url),
    format: format === 'template' ? compiled(template ?? '', parts) : format,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : secret(value)])),
  };
}

function compiled(source: Parameters<typeof compileMessageTemplate>[0], { place, secrets, messages }: ChannelParts) {
  const template = compileMessageTemplate(source, (path, message) =>
    messages.push(`${[`${place}.webhook.template`, ...path].join('.')}: ${message}`),
  );
  for (const name of template.secrets) {
    if (secrets.includes(name)) continue;
    const similar = nearest(name, secrets);
    messages.push(
      `${place}.webhook.template: there is no secret ${name} under secrets${similar === undefined ? '' : `; did you mean ${similar}?`}`,
    );
  }
  return template;
}
