import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { AlertmanagerReader, AlertmanagerWriter } from '../../ports/alertmanager.ts';
import { printable } from '../../value/printable.ts';
import { formatTarget } from '../../value/target.ts';
import type { JsonApi, JsonRequest } from '../http/json-api.ts';
import { ourName } from './silences.ts';

/** An Alertmanager that a source names. */
export interface AlertmanagerPlace {
  readonly url: string;
  readonly api: JsonApi;
}

/** How long one of its requests may take, ms: the client's own bound. */
const neededMs = 5000;

const SilenceAnswer = z.object({
  id: z.string(),
  matchers: z.array(z.object({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean().default(true) })),
  endsAt: z.string(),
  comment: z.string(),
  createdBy: z.string(),
  status: z.object({ state: z.string() }),
});

/** The silences and notices of the sources' Alertmanagers. */
export class AlertmanagerClient implements AlertmanagerReader {
  readonly #places: ReadonlyMap<string, AlertmanagerPlace>;

  constructor(places: ReadonlyMap<string, AlertmanagerPlace>) {
    this.#places = places;
  }

  targetOf(source: string): string {
    const { hostname, port, protocol } = new URL(this.#place(source).url);
    return formatTarget({ technology: 'http', host: hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) });
  }

  async ownSilences(source: string, signal: AbortSignal) {
    const body = await this.#send(source, { method: 'GET', path: '/api/v2/silences', signal });
    const { success, data } = z.array(SilenceAnswer).safeParse(body);
    if (!success) throw unavailable('GET /api/v2/silences: the answer has not the form of this API');
    return data
      .filter(({ createdBy, status }) => createdBy === ourName && status.state !== 'expired')
      .map(({ id, matchers, endsAt, comment }) => ({ id, matchers, endsAt: Date.parse(endsAt), comment }));
  }

  /** A writer that asks `permit`, naming how long the request may take, right before it sends. */
  writer(permit: (neededMs: number) => Promise<void>): AlertmanagerWriter {
    const send = async (source: string, request: Omit<JsonRequest, 'code'>) => {
      this.#place(source);
      await permit(neededMs);
      return await this.#send(source, request);
    };
    return {
      async silence(source, { matchers, startsAt, endsAt, comment }, signal) {
        const json = { matchers, startsAt: iso(startsAt), endsAt: iso(endsAt), comment, createdBy: ourName };
        const { success, data } = z
          .object({ silenceID: z.string() })
          .safeParse(await send(source, { method: 'POST', path: '/api/v2/silences', json, signal }));
        if (!success) throw unavailable('POST /api/v2/silences: the answer has not the form of this API');
        return data.silenceID;
      },
      async expire(source, id, signal) {
        await send(source, { method: 'DELETE', path: `/api/v2/silence/${encodeURIComponent(id)}`, signal });
      },
      async notify(source, { labels, annotations, endsAt }, signal) {
        await send(source, { method: 'POST', path: '/api/v2/alerts', json: [{ labels, annotations, endsAt: iso(endsAt) }], signal });
      },
    };
  }

  #place(source: string): AlertmanagerPlace {
    const place = this.#places.get(source);
    if (place === undefined) throw new FixpointError('target.missing', `source ${printable(source)} has no alertmanager in fixpoint.yaml`);
    return place;
  }

  async #send(source: string, request: Omit<JsonRequest, 'code'>): Promise<unknown> {
    const { status, body } = await this.#place(source).api.send({ ...request, code: 'alertmanager.unavailable' });
    if (status >= 200 && status < 300) return body;
    // A refusal (4xx) says what is wrong with what was asked.
    const said = typeof body === 'string' ? printable(body, 200) : '';
    throw new FixpointError(
      status >= 400 && status < 500 && status !== 429 ? 'params.invalid' : 'alertmanager.unavailable',
      `${request.method} ${request.path}: HTTP ${status} ${said}`.trim(),
    );
  }
}

function unavailable(message: string): FixpointError {
  return new FixpointError('alertmanager.unavailable', message);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
