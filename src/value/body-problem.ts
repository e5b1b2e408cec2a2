import { pointed } from './pointed.ts';
import { printable } from './printable.ts';

/** What a good answer has to have. */
export interface WantedBody {
  readonly contains?: string | undefined;
  /** Values at JSON pointers. */
  readonly json?: Readonly<Record<string, string | number | boolean | null>> | undefined;
}

/** What is wrong with the body of an answer; undefined where nothing is. */
export function problemOfBody(body: string, { contains, json }: WantedBody): string | undefined {
  if (contains !== undefined && !body.includes(contains)) return `the body does not contain ${printable(contains)}`;
  if (json === undefined) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(body);
  } catch {
    return 'the answer is not JSON';
  }
  const unmet = Object.entries(json).find(([pointer, value]) => pointed(read, pointer) !== value);
  return unmet === undefined ? undefined : `${unmet[0]} is not ${printable(unmet[1])}`;
}
