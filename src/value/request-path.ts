const legal = /^\/(?!\/)[\x21\x22\x24-\x5b\x5d-\x7e]*$/;

/**
 * Whether the text is a path (and query) that stays below where it is put: one leading `/`, printable ASCII without spaces, `\` and `#`,
 * and no way up with `..`, however often it is percent-encoded. Servers differ in what they decode, so the strictest reading counts.
 */
export function isRequestPath(text: string): boolean {
  if (!legal.test(text)) return false;
  let path = text.split('?')[0] ?? '';
  for (let round = 0; round < 4; round++) {
    if (path.split(/[/\\;]/).some((part) => part === '..' || part === '.')) return false;
    const decoded = decodeOnce(path);
    if (decoded === undefined || /[\p{Cc}\\]/u.test(decoded)) return false;
    if (decoded === path) return true;
    path = decoded;
  }
  return false;
}

function decodeOnce(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
