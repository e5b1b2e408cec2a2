import { alertChannel } from '../adapters/alertmanager/alert-channel.ts';
import type { HttpWire } from '../adapters/http/http-wire.ts';
import { JsonApi } from '../adapters/http/json-api.ts';
import { slackBody } from '../adapters/webhook/slack-body.ts';
import { webhookChannel } from '../adapters/webhook/webhook-channel.ts';
import type { ChannelConfig, Config } from '../config/config.ts';
import { FixpointError } from '../errors.ts';
import type { NoticeChannel } from '../pipeline/make-notices.ts';
import type { Channel } from '../ports/channel.ts';
import type { OutboxMessage } from '../ports/people-store.ts';
import type { Json } from '../value/json.ts';
import { resolveSecretMarkers } from '../value/secret-marker.ts';
import { revealed } from './revealed.ts';

/** The ways to people, as configured. */
export interface People {
  readonly calls: readonly Channel[];
  readonly notices: readonly NoticeChannel[];
}

type Secrets = Pick<Config, 'secrets'>;

export function connectPeople(config: Pick<Config, 'escalation' | 'notices' | 'secrets'>, wire?: HttpWire): People {
  const place = { secrets: config.secrets, wire };
  return {
    calls: config.escalation.map((channel, index) => channelOf(channel, `escalation ${index} ${channel.kind}`, place)),
    notices: config.notices.map(({ on, rules, channel }, index) => ({
      channel: channelOf(channel, `notices ${index} ${channel.kind}`, place),
      on: new Set(on),
      ...(rules === undefined ? {} : { rules: new Set(rules) }),
    })),
  };
}

function channelOf(channel: ChannelConfig, name: string, place: Secrets & { readonly wire: HttpWire | undefined }): Channel {
  const apiAt = (url: string) => new JsonApi(url, undefined, place.wire === undefined ? {} : { wire: place.wire });
  if (channel.kind === 'alertmanager') return alertChannel({ name, api: apiAt(channel.url) });
  const { url, format, headers } = channel;
  return webhookChannel({
    name,
    // A secret's text may change while we run; its address is read for each message.
    api: { send: (request) => apiAt(typeof url === 'string' ? url : url().reveal()).send(request) },
    body: (message) => bodyOf(format, message, place),
    headers: () => revealed(headers),
  });
}

function bodyOf(format: Extract<ChannelConfig, { kind: 'webhook' }>['format'], message: OutboxMessage, { secrets }: Secrets): Json {
  if (format === 'slack') return slackBody(message);
  if (format === 'json') return JSON.parse(JSON.stringify(message)) as Json;
  return resolveSecretMarkers(format.render(message), (name) => {
    const source = secrets.get(name);
    if (source === undefined) throw new FixpointError('secret.unavailable', `there is no secret ${name}`);
    return source().reveal();
  });
}
