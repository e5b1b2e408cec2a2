import { answerError, connectionError } from '../../../src/adapters/kubernetes/api-error.ts';
import { ClusterConnection, type ApiRequest } from '../../../src/adapters/kubernetes/connection.ts';
import { senderHeader } from '../target-server.ts';
import { senderText } from './stint-context.ts';

/** A connection without the client library, which takes longer to load than a process of the harness lives; it says who sends. */
export class LightCluster extends ClusterConnection {
  readonly #url: string;

  constructor(url: string) {
    super('default', { kind: 'server', server: url });
    this.#url = url;
  }

  override async send({ method, path, query = {}, contentType, body, signal }: ApiRequest): Promise<unknown> {
    const doing = `${method} ${path}`;
    const search = new URLSearchParams(query).toString();
    try {
      const response = await fetch(`${this.#url}${path}${search === '' ? '' : `?${search}`}`, {
        method,
        headers: { [senderHeader]: senderText(), ...(contentType === undefined ? {} : { 'content-type': contentType }) },
        signal,
        ...(body === undefined ? {} : { body }),
      });
      const text = await response.text();
      if (!response.ok) throw answerError({ status: response.status, body: text, doing });
      return JSON.parse(text) as unknown;
    } catch (error) {
      signal.throwIfAborted();
      throw connectionError(error, doing);
    }
  }
}
