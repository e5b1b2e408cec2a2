import type { Json } from '../../value/json.ts';
import { hidden, looksSecret } from '../../value/redact.ts';
import { redactJson } from '../../value/redact-json.ts';

/** An answer without texts that look like credentials: by themselves, by the command's arguments, or by the name before them in a list. */
export function redactAnswer(answer: Json, [, ...args]: readonly string[]): Json {
  if (answer === 'OK') return answer;
  return args.some(looksSecret) ? redactJson(answer, true) : redactPairs(answer);
}

function redactPairs(answer: Json): Json {
  if (!Array.isArray(answer)) return redactJson(answer);
  return answer.map((element: Json, index) => {
    const before: Json | undefined = answer[index - 1];
    if (typeof element === 'string' && typeof before === 'string' && looksSecret(before)) return hidden;
    return redactPairs(element);
  });
}
