import type { Sandbox } from '../../src/sandbox/sandbox.ts';

/** What a query answers now, of several series the first; NaN where there is none. */
export async function valueIn({ handlers }: Sandbox, series: string): Promise<number> {
  const request = { method: 'GET', path: '/api/v1/query', query: new URLSearchParams({ query: series }), headers: {}, body: '' };
  const answer = await handlers.prometheus(request, new AbortController().signal);
  const { data } = JSON.parse('body' in answer ? answer.body : '{}') as { data: { result: readonly { value: [number, string] }[] } };
  return Number(data.result[0]?.value[1] ?? NaN);
}
