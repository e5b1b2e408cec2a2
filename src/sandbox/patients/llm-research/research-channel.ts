import { jsonAnswer, readJson } from '../../answer.ts';
import type { SandboxHandler } from '../../listen.ts';

const mostKept = 100;

/** The chat channel of the platform's people: takes messages as Slack does, and shows the last of them at `GET /messages`. */
export function researchChannel(): SandboxHandler {
  const messages: unknown[] = [];
  return async ({ method, path, body }) => {
    if (method === 'GET') return path === '/messages' ? jsonAnswer(200, { messages }) : jsonAnswer(404, {});
    const message = readJson(body);
    if (message === undefined) return jsonAnswer(400, { error: 'no JSON' });
    messages.push(message);
    messages.splice(0, messages.length - mostKept);
    return jsonAnswer(200, { ok: true });
  };
}
