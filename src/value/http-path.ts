const allowed = /^\/(?!\/)[^\s\\\p{Cc}]*$/u;
const longest = 2000;

/**
 * What is wrong with a path (and query) that is to stay below an origin; undefined where nothing is. It starts with one `/`, has no white
 * space, control character or backslash, and no segment that is `.` or `..`, also percent-encoded.
 */
export function problemOfHttpPath(path: string): string | undefined {
  if (path.length > longest) return `has more than ${longest} characters`;
  if (!allowed.test(path)) return 'must start with one / and have no white space, control character or backslash';
  const decoded = decode(path.split(/[?#]/, 1)[0] ?? '');
  if (decoded === undefined) return 'has a % that encodes nothing';
  if (/[\p{Cc}\\]/u.test(decoded)) return 'must have no encoded control character or backslash';
  if (decoded.split('/').some((segment) => segment === '..' || segment === '.')) return 'must not climb with . or ..';
  if (path.includes('#')) return 'must have no fragment (#)';
  return undefined;
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
