import { JsonApi } from '../adapters/http/json-api.ts';

/** Posts a webhook message to a service, as Alertmanager would; throws where it is not taken. */
export async function postWebhook(url: string, { source, body }: { readonly source: string; readonly body: object }): Promise<void> {
  const path = `/api/v1/webhook/${source}`;
  const { status } = await new JsonApi(url).send({ method: 'POST', path, json: body, signal: AbortSignal.timeout(5000), code: 'timeout' });
  if (status !== 202) throw new Error(`the webhook answered ${status}`);
}
