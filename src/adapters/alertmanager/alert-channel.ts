import { FixpointError } from '../../errors.ts';
import type { Channel, Delivery } from '../../ports/channel.ts';
import type { JsonApi } from '../http/json-api.ts';
import { ownLabel } from '../../value/own-label.ts';

const longestText = 4000;

/** Alertmanager: the user's own routing brings an alert of ours to a person. It ends by itself unless it is posted again. */
export function alertChannel({ name, api }: { name: string; api: Pick<JsonApi, 'send'> }): Channel {
  return {
    name,
    isKept: true,
    async send(delivery, signal) {
      const json = [alertOf(delivery)];
      const { status } = await api.send({ method: 'POST', path: '/api/v2/alerts', json, signal, code: 'alertmanager.unavailable' });
      if (status < 200 || status > 299) throw new FixpointError('alertmanager.unavailable', `HTTP ${status}`);
    },
  };
}

/** What is the same of every delivery of a message are the labels; the mark among them lets us drop it when it comes back to us. */
function alertOf({ message, startsAt, endsAt }: Delivery): object {
  const { incident, run, kind, key, severity, title, text, labels, url, level } = message;
  const isCall = kind === 'call' || kind === 'handled';
  const own = isCall
    ? {
        alertname: 'FixpointEscalation',
        [ownLabel]: 'true',
        severity,
        incident,
        ...(level === undefined ? {} : { level }),
        ...(key === `incident/${incident}` ? {} : { call: key }),
      }
    : { alertname: 'FixpointNotice', [ownLabel]: 'notice', severity, kind, key };
  return {
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(Math.max(startsAt, endsAt)).toISOString(),
    labels: { ...labels, ...own },
    annotations: { summary: title, description: text.slice(0, longestText), run },
    ...(url === undefined ? {} : { generatorURL: url }),
  };
}
