/** SQL with its texts and numbers replaced by `?`: what it asks is told, and not about whom. A text that the server cut off counts to its end. */
export function withoutLiterals(sql: string): string {
  return sql
    .replaceAll(/\$([A-Za-z_]\w*)?\$.*?(?:\$\1\$|$)/gs, '?')
    .replaceAll(/(?:\b[EBXN])?'(?:[^'\\]|''|\\.)*(?:'|$)/gis, '?')
    .replaceAll(/--[^\n]*|\/\*.*?(?:\*\/|$)/gs, ' ')
    .replaceAll(/(?<![\w$])\d+(?:\.\d+)?(?:e[-+]?\d+)?\b/gi, '?')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
