import { FixpointError, messageOf } from '../../errors.ts';

const timeoutMs = 5000;

/** JSON from a server around a game day; throws `timeout` where it does not answer, `internal` where it refuses. */
export async function askJson<T>(
  url: string,
  { method = 'GET', body }: { method?: 'GET' | 'POST' | 'PUT'; body?: unknown } = {},
): Promise<T> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    text = await response.text();
  } catch (error) {
    throw new FixpointError('timeout', `${method} ${url}: ${messageOf(error)}`, { cause: error });
  }
  if (!response.ok) throw new FixpointError('internal', `${method} ${url}: ${response.status} ${text.slice(0, 500)}`);
  return (text === '' ? {} : JSON.parse(text)) as T;
}

/** Follows a stream of server-sent events until the signal aborts or it ends; `event` gets the data of each. */
export async function followEvents(url: string, { signal, event }: { signal: AbortSignal; event: (data: unknown) => void }): Promise<void> {
  const response = await fetch(url, { signal, headers: { accept: 'text/event-stream' } });
  if (!response.ok || response.body === null) throw new FixpointError('internal', `GET ${url}: ${response.status}`);
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true });
    const messages = rest.split('\n\n');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const data = message.split('\n').find((line) => line.startsWith('data: '));
      if (data !== undefined) event(JSON.parse(data.slice('data: '.length)));
    }
  }
}
