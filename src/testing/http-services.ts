import { messageOf } from '../errors.ts';
import { jsonAnswer, textAnswer } from '../sandbox/answer.ts';
import type { SandboxHandler, SandboxRequest, SandboxResponse } from '../sandbox/listen.ts';
import type { Json } from '../value/json.ts';
import type { HttpAnswer, HttpText } from './world-schema.ts';
import type { WorldExpression, WorldExpressions } from './world-expression.ts';

interface Prepared {
  readonly answer: HttpAnswer;
  readonly when: WorldExpression | undefined;
}

export interface HttpServicesParts {
  readonly expressions: WorldExpressions;
  readonly setState: (changes: Readonly<Record<string, Json>>) => void;
  /** The service of the simulated platform under this name, if it has one. */
  readonly platformService: (connection: string) => SandboxHandler | undefined;
  /** Called with a request to which the test says nothing. */
  readonly unanswered: (connection: string, request: string) => void;
}

/** The HTTP services that rules name, as the test says; what it says nothing of, the simulated platform answers. */
export class HttpServices {
  readonly #parts: HttpServicesParts;
  readonly #answers = new Map<string, readonly Prepared[]>();

  constructor(parts: HttpServicesParts) {
    this.#parts = parts;
  }

  set(text: HttpText): void {
    for (const [connection, requests] of Object.entries(text)) {
      for (const [request, given] of Object.entries(requests)) {
        const answers = Array.isArray(given) ? given : [given];
        const prepared = answers.map((answer: HttpAnswer): Prepared => ({
          answer,
          when: answer.when === undefined ? undefined : this.#parts.expressions.compile(answer.when),
        }));
        this.#answers.set(`${connection} ${request}`, prepared);
      }
    }
  }

  async answer(connection: string, request: SandboxRequest, signal: AbortSignal): Promise<SandboxResponse> {
    const search = request.query.toString();
    const bare = `${request.method} ${request.path}`;
    const prepared =
      this.#answers.get(`${connection} ${bare}${search === '' ? '' : `?${search}`}`) ?? this.#answers.get(`${connection} ${bare}`);
    try {
      const chosen = prepared?.find(({ when }) => when === undefined || when.evaluate() === true)?.answer;
      if (chosen !== undefined) return await this.#give(chosen, signal);
    } catch (error) {
      return textAnswer(500, `the test's answer to ${bare} of ${connection} fails: ${messageOf(error)}\n`);
    }
    const service = this.#parts.platformService(connection);
    if (service !== undefined) return await service(request, signal);
    this.#parts.unanswered(connection, bare);
    return textAnswer(501, `the test gives no answer to ${bare} of ${connection}\n`);
  }

  async #give({ status = 200, json, text, headers = {}, set, never }: HttpAnswer, signal: AbortSignal): Promise<SandboxResponse> {
    if (set !== undefined) this.#parts.setState(set);
    if (never === true) return await noAnswer(signal);
    const answer = json === undefined ? textAnswer(status, text ?? '') : jsonAnswer(status, json);
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
}

/** Rejects once the caller has gone. */
export function noAnswer(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = () => reject(signal.reason as Error);
    if (signal.aborted) give();
    signal.addEventListener('abort', give, { once: true });
  });
}
