/** Each alternative is one token; a text or comment that the server cut off goes to the end. */
const token =
  /(?<comment>--[^\n\r]*)|(?<block>\/\*)|(?<escaped>\be'(?:[^'\\]|''|\\.)*(?:'|$))|(?<plain>(?:\b[bxn])?'(?:[^']|'')*(?:'|$))|\$(?<tag>(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$|(?<number>(?:\d[\w.]*|\.\d\w*)(?:(?<=e)[-+]\d+)?)|(?<kept>"(?:[^"]|"")*(?:"|$)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\$\d+|.)/gisy;

/** SQL with its texts and numbers replaced by `?`: what it asks is told, and not about whom. A text that the server cut off counts to its end. */
export function withoutLiterals(sql: string): string {
  let shown = '';
  let at = 0;
  while (at < sql.length) {
    token.lastIndex = at;
    const match = token.exec(sql);
    const { comment, block, escaped, plain, tag, number, kept = '' } = match?.groups ?? {};
    at = match === null ? sql.length : token.lastIndex;
    if (block !== undefined) at = endOfBlock(sql, at);
    else if (tag !== undefined) at = endOf(sql, at, `$${tag}$`);
    // A backslash before a quote is read in two ways, by the session's settings: all that follows may be text.
    else if (plain?.includes("\\'") === true) at = sql.length;
    if (comment !== undefined || block !== undefined) shown += ' ';
    else if (escaped !== undefined || plain !== undefined || tag !== undefined || number !== undefined) shown += '?';
    else shown += kept;
  }
  return shown.replaceAll(/\s+/g, ' ').trim();
}

function endOf(sql: string, from: number, mark: string): number {
  const found = sql.indexOf(mark, from);
  return found === -1 ? sql.length : found + mark.length;
}

/** Comments may lie in comments. */
function endOfBlock(sql: string, from: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  for (let depth = 1; depth > 0;) {
    const found = edge.exec(sql);
    if (found === null) return sql.length;
    depth += found[0] === '/*' ? 1 : -1;
  }
  return edge.lastIndex;
}
