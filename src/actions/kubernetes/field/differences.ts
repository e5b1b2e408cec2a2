import type { Json } from '../../../value/json.ts';
import { isSame } from './json-patch.ts';
import { isList, isObject, type Path } from './path.ts';

/** Where two values differ: the smallest parts of objects, elements of lists by their name. */
export function differences(from: Json | undefined, to: Json | undefined, path: Path = []): readonly Path[] {
  if (isSame(from, to)) return [];
  if (isObject(from) && isObject(to))
    return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) => differences(from[key], to[key], [...path, key]));
  const names = new Set([...namesIn(from), ...namesIn(to)]);
  if (isList(from) && isList(to) && names.size > 0) {
    const named = (list: readonly Json[], name: string) => list.find((element) => isObject(element) && element['name'] === name);
    const paths = [...names].flatMap((is) => differences(named(from, is), named(to, is), [...path, { by: 'name', is }]));
    return paths.length === 0 ? [path] : paths;
  }
  return [path];
}

function namesIn(value: Json | undefined): readonly string[] {
  if (!isList(value)) return [];
  const names = value.map((element) => (isObject(element) ? element['name'] : undefined));
  return names.every((name) => typeof name === 'string') ? names : [];
}
