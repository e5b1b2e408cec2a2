import { parser } from '@prometheus-io/lezer-promql';

/** What keeps a text from being PromQL, as `found` and the rest of a sentence about it. */
export interface PromqlFlaw {
  readonly offset: number;
  readonly found: string;
  readonly problem: string;
  /** No version of Prometheus can read it. Else it is the grammar that cannot, which may be older than a server, or newer. */
  readonly isCertain: boolean;
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Comments, whole texts, a quote that begins none, and brackets. */
const marks = /#[^\n]*|"(?:\\[^\n]|[^"\\\n])*"|'(?:\\[^\n]|[^'\\\n])*'|`[^`]*`|["'`]|[()[\]{}]/g;

/** The first flaw of a query; undefined where it can be read. What it asks for is not looked at, nor types. */
export function findFlaw(query: string): PromqlFlaw | undefined {
  return findUnclosed(query) ?? findUnexpected(query);
}

/** Where texts between quotes stand, quotes included. */
export function quotedRanges(query: string): readonly { readonly from: number; readonly to: number }[] {
  return [...query.matchAll(marks)]
    .filter(([mark]) => mark.length > 1 && !mark.startsWith('#'))
    .map(({ 0: mark, index }) => ({ from: index, to: index + mark.length }));
}

function findUnclosed(query: string): PromqlFlaw | undefined {
  const open: { readonly bracket: string; readonly offset: number }[] = [];
  for (const { 0: mark, index: offset } of query.matchAll(marks)) {
    if (mark.length > 1 || mark === '#') continue;
    if (mark in closing) open.push({ bracket: mark, offset });
    else if (/["'`]/.test(mark)) return { offset, found: mark, problem: 'is never closed', isCertain: true };
    else {
      const last = open.pop();
      if (last === undefined) return { offset, found: mark, problem: 'closes nothing', isCertain: true };
      if (closing[last.bracket] !== mark) return { offset, found: mark, problem: `cannot close ${last.bracket}`, isCertain: true };
    }
  }
  const last = open.at(-1);
  return last && { offset: last.offset, found: last.bracket, problem: 'is never closed', isCertain: true };
}

/** Of Prometheus 2, and no longer in the grammar; as long as the one that stands for it. */
const older = [/\bholt_winters(?=\s*\()/g, 'day_of_month'] as const;

function findUnexpected(query: string): PromqlFlaw | undefined {
  let offset: number | undefined;
  let called: string | undefined;
  const text = query.replaceAll(...older);
  parser.parse(text).iterate({
    enter({ type, from, node }) {
      if (!type.isError || (offset !== undefined && offset <= from)) return;
      offset = from;
      const before = node.prevSibling;
      called = before?.name === 'Identifier' && text[from] === '(' ? query.slice(before.from, before.to) : undefined;
      if (called !== undefined) offset = before?.from;
    },
  });
  if (offset === undefined) return undefined;
  if (called !== undefined) return { offset, found: called, problem: 'is no known function', isCertain: false };
  const next = /\S/.exec(query.slice(offset));
  if (next === null) return { offset, found: 'the end', problem: 'comes too early', isCertain: false };
  offset += next.index;
  // Of a word that is read in part, such as 5minutes, all of it is told.
  if (/\w/.test(query[offset] ?? '')) offset = query.slice(0, offset).search(/\w*$/);
  const found = /^(?:[\w:.]+|"[^"]*"|.)/.exec(query.slice(offset))?.[0] ?? '';
  return { offset, found, problem: 'is not expected here', isCertain: false };
}
