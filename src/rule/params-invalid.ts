import { FixpointError } from '../errors.ts';
import { printable } from '../value/printable.ts';
import { withName } from './static-params.ts';
import type { Path } from './template-tree.ts';

const longestMessage = 300;

/** The error that says which parameters of `what` do not fit; values are shown short and printable. */
export function paramsInvalid(
  what: string,
  problems: readonly { readonly path: Path; readonly message: string }[],
  given: unknown,
): FixpointError {
  const lines = problems.slice(0, 5).map(({ path, message }) => {
    const plain = printable(message, longestMessage)
      .replace(/^"(.*)"$/s, '$1')
      .replaceAll('\\"', '"');
    const value = path.length === 0 ? undefined : at(given, path);
    const isShown = value === undefined || message.includes('but is');
    return `${withName(path, plain)}${isShown ? '' : `, given ${printable(value)}`}`;
  });
  return new FixpointError('params.invalid', `${what}: ${lines.join('; ')}`, {
    details: { parameters: problems.map(({ path }) => path.join('.')).slice(0, 20) },
  });
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined), value);
}
