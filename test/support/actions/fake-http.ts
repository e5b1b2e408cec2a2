import type { HttpAnswer, HttpReader, HttpRequest, HttpWriter } from '../../../src/ports/http-client.ts';

/** A service with one value, `/state` → `{"state": …}`, that `POST /set` sets; `crash` kills the caller around the nth request. */
export class FakeService implements HttpReader, HttpWriter {
  state: unknown;
  readonly requests: HttpRequest[] = [];
  sets = 0;
  crash: { readonly request: number; readonly when: 'before' | 'after' } | undefined;

  constructor(state: unknown) {
    this.state = state;
  }

  targetOf(connection: string): string | undefined {
    return connection === 'app' ? 'http/app.test:80' : undefined;
  }

  endpointsOf(): string | undefined {
    return undefined;
  }

  read(request: HttpRequest): Promise<HttpAnswer> {
    return this.#request(request, () => JSON.stringify({ state: this.state }));
  }

  send(request: HttpRequest): Promise<HttpAnswer> {
    return this.#request(request, () => {
      this.sets += 1;
      this.state = (JSON.parse(request.body ?? 'null') as { to?: unknown } | null)?.to;
      return '{}';
    });
  }

  #request(request: HttpRequest, answer: () => string): Promise<HttpAnswer> {
    const number = this.requests.push(request);
    const dies = this.crash?.request === number ? this.crash.when : undefined;
    if (dies === 'before') return Promise.reject(new Error('killed'));
    const body = answer();
    return dies === 'after' ? Promise.reject(new Error('killed')) : Promise.resolve({ status: 200, headers: {}, body, truncated: false });
  }
}
