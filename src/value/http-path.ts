const allowed = /^\/(?!\/)[^\s\\\p{Cc}]*$/u;
const longest = 2000;

/** How often a path is decoded: servers and what stands before them may each do it once. */
const mostDecoded = 3;

/**
 * What is wrong with a path (and query) that is to stay below an origin; undefined where nothing is. It starts with one `/`, has no white
 * space, control character or backslash, and no segment that is `.` or `..`, however often it is percent-encoded.
 */
export function problemOfHttpPath(path: string): string | undefined {
  if (path.length > longest) return `has more than ${longest} characters`;
  if (!allowed.test(path)) return 'must start with one / and have no white space, control character or backslash';
  if (path.includes('#')) return 'must have no fragment (#)';
  let segments = path.split('?', 1)[0] ?? '';
  for (let round = 0; round <= mostDecoded; round++) {
    if (/[\p{Cc}\\]/u.test(segments)) return 'must have no encoded control character or backslash';
    // Some servers cut parameters (`;x`) off a segment before they look at it.
    if (segments.split('/').some((segment) => /^\.\.?(?:;|$)/.test(segment))) return 'must not climb with . or ..';
    const whole = decode(segments);
    if (whole === undefined && round === 0) return 'has a % that encodes nothing';
    // What was an encoded % may encode nothing itself: that hides none of the others from a server that reads on.
    const decoded = whole ?? segments.replaceAll(/%[0-7][\da-f]/gi, (escape) => decodeURIComponent(escape));
    if (decoded === segments) return undefined;
    segments = decoded;
  }
  return 'is encoded too often';
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
