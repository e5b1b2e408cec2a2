import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { Problem } from './problem.ts';
import type { Path } from './template-tree.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Something more exact than a node: its key, or the offset in a piece of its text. */
export type PlaceDetail = { readonly key: true } | { readonly within: string; readonly offset: number };

/** A file's data, and where each part of it stands. */
export interface YamlFile {
  readonly file: string;
  readonly data: unknown;
  readonly problems: readonly Problem[];
  /** The place of what `path` leads to, or of the nearest thing around it that exists. */
  locate(path: Path, detail?: PlaceDetail): Place;
}

/** Reads a file of one YAML document; what is no YAML is in `problems`. */
export function readYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems = [...document.errors, ...document.warnings].map((error): Problem => {
    const severity = error.name === 'YAMLWarning' ? 'warning' : 'error';
    return { severity, file, ...place(error.pos[0]), message: error.message.split('\n')[0] ?? 'no YAML' };
  });
  const locate = (path: Path, detail?: PlaceDetail): Place => {
    const found = find(document, path);
    const start = found.node?.range?.[0] ?? 0;
    if (detail !== undefined && 'key' in detail) return place(found.keyStart ?? start);
    if (detail === undefined || !found.node?.range) return place(start);
    const source = text.slice(start, found.node.range[1]);
    const at = source.indexOf(detail.within);
    return place(start + (at === -1 ? offsetInFolded(source, detail) : at + detail.offset));
  };
  if (problems.some((problem) => problem.severity === 'error')) return { file, data: undefined, problems, locate };
  try {
    return { file, data: document.toJS(), problems, locate };
  } catch (error) {
    // Aliases that unfold without bound.
    const message = error instanceof Error ? error.message : String(error);
    return { file, data: undefined, problems: [...problems, { severity: 'error', file, line: 1, column: 1, message }], locate };
  }
}

function find(document: Document.Parsed, path: Path): { readonly node: Node | undefined; readonly keyStart?: number } {
  let node: Node | undefined = document.contents ?? undefined;
  let keyStart: number | undefined;
  for (const key of path) {
    const owner: unknown = isAlias(node) ? node.resolve(document) : node;
    const pair = isMap(owner)
      ? owner.items.find((item) => isPair(item) && String(isScalar(item.key) ? item.key.value : item.key) === String(key))
      : undefined;
    const next: unknown = isSeq(owner) ? owner.items[Number(key)] : pair?.value;
    if (pair !== undefined && isNode(pair.key)) keyStart = pair.key.range?.[0];
    if (pair !== undefined && (next === null || next === undefined))
      return { node: isNode(pair.key) ? pair.key : node, ...(keyStart === undefined ? {} : { keyStart }) };
    if (!isNode(next)) return { node };
    if (isSeq(owner)) keyStart = undefined;
    node = next;
  }
  return { node, ...(keyStart === undefined ? {} : { keyStart }) };
}

/** Where the piece's text spans lines, YAML has changed its white space: counts everything else up to the offset. */
function offsetInFolded(source: string, { within, offset }: { readonly within: string; readonly offset: number }): number {
  const isBlock = source.startsWith('|') || source.startsWith('>');
  const isQuoted = source.startsWith('"') || source.startsWith("'");
  if (isQuoted && /\\|''/.test(source)) return 0;
  let rest = within.slice(0, offset).replaceAll(/\s/g, '').length;
  let index = isBlock ? source.indexOf('\n') + 1 : isQuoted ? 1 : 0;
  for (; index < source.length; index++) {
    if (/\s/.test(source[index] ?? '')) continue;
    if (rest === 0) return index;
    rest--;
  }
  return 0;
}
