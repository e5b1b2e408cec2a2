import { printable } from '../value/printable.ts';
import type { TemplatePlace } from './compile-template.ts';
import type { Expression } from './expression.ts';
import { findFlaw, quotedRanges, type PromqlFlaw } from './promql-flaw.ts';
import type { Template } from './template.ts';
import type { Path, TemplateTree } from './template-tree.ts';

type Place = Pick<TemplatePlace, 'compilers' | 'reporter'>;

/** Reports what keeps the texts at these paths of the tree from being PromQL; paths to anything else are passed over. */
export function checkQueries(tree: TemplateTree, paths: readonly Path[], place: Place): void {
  for (const path of paths) {
    const text = textAt(tree, path);
    if (text === undefined) continue;
    const placed = tree.templates.find((each) => JSON.stringify(each.path) === JSON.stringify(path));
    if (placed?.isBroken !== true) checkQuery(placed?.template ?? { text, parts: [text] }, path, place);
  }
}

/** An error only where nothing that the templates give, and no version of Prometheus, could make it right. */
export function checkQuery(template: Pick<Template, 'text' | 'parts'>, path: Path, { compilers, reporter }: Place): void {
  // Quotes around promql(…) have been told of.
  if (!compilers.areQueriesChecked || /"\$\{ *promql\(/.test(template.text)) return;
  const first = fill(template, () => anyText);
  const flaw = findFlaw(first.query);
  if (flaw === undefined) return;
  const open = openIn(template, first);
  if (open.length > 0 && canBeRight(template, open)) return;
  const { offset, expression } = first.origin(flaw.offset);
  const message = `PromQL: ${messageOf(flaw, expression)}`;
  const detail = { within: template.text, offset };
  if (flaw.isCertain && open.length === 0) reporter.error(path, message, detail);
  else reporter.warning(path, `${message}; fixpoint doctor asks Prometheus itself`, detail);
}

/** The text at the path, where there is one. */
export function textAt(tree: TemplateTree, path: Path): string | undefined {
  const found = path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    tree.source,
  );
  return typeof found === 'string' && found.trim() !== '' ? found : undefined;
}

function messageOf({ found, problem }: PromqlFlaw, expression: Expression | undefined): string {
  return `${expression === undefined ? (found === 'the end' ? found : printable(found)) : `\${${expression.text}}`} ${problem}`;
}

const anyText = 'x';

/** Pieces of PromQL, one for each kind of place where a template may stand. */
const standIns = [
  anyText,
  '',
  '1',
  '5m',
  '"x"',
  'sum',
  '==',
  '=',
  '> 1',
  '+ x',
  'or x',
  'x{a="b"}',
  '{a="b"}',
  'a="b"',
  ', a="b"',
  'a="b",',
  'a, b',
  'by (a)',
  'on (a)',
  'offset 5m',
  'x[5m]',
  '[5m]',
] as const;

/** Characters of PromQL that are read at most to find out whether a query can be right; two templates in a thousand need half a million. */
const mostRead = 500_000;

/** Templates that may give any piece of PromQL: neither a number, nor quoted by promql(…), nor part of a text between quotes. */
function openIn({ parts }: Pick<Template, 'parts'>, { query, spans }: Filled): readonly string[] {
  const quoted = quotedRanges(query);
  const isOpen = (part: string | Expression, index: number): boolean => {
    if (typeof part === 'string' || knownFor(part) !== undefined) return false;
    const at = spans[index] ?? 0;
    return !quoted.some(({ from, to }) => from < at && at < to);
  };
  return [...new Set(parts.filter(isOpen).map((part) => (typeof part === 'string' ? part : part.text)))];
}

function canBeRight(template: Pick<Template, 'text' | 'parts'>, open: readonly string[]): boolean {
  const isRight = (choice: ReadonlyMap<string, string>): boolean =>
    findFlaw(fill(template, ({ text }) => choice.get(text) ?? anyText).query) === undefined;
  // What is too much to try is let pass.
  if (open.length > 2 || template.text.length * standIns.length ** open.length > mostRead) return true;
  const [one = '', other = ''] = open;
  return standIns.some((first) =>
    open.length === 1
      ? isRight(new Map([[one, first]]))
      : standIns.some((second) =>
          isRight(
            new Map([
              [one, first],
              [other, second],
            ]),
          ),
        ),
  );
}

/** What stands for an expression whatever it gives; undefined where that decides how the query is read. */
function knownFor({ type, uses }: Expression): string | undefined {
  if (uses.isQuotedForQuery) return '"x"';
  return type === 'int' || type === 'double' ? '1' : undefined;
}

interface Filled {
  readonly query: string;
  /** Where each part begins in the query. */
  readonly spans: readonly number[];
  /** The place in the text that the query has been made from, and the template that stands there. */
  origin(offset: number): { readonly offset: number; readonly expression?: Expression };
}

function fill({ parts }: Pick<Template, 'parts'>, give: (expression: Expression) => string): Filled {
  const texts = parts.map((part) => (typeof part === 'string' ? part : (knownFor(part) ?? give(part))));
  const spans = texts.map((_, index) => texts.slice(0, index).join('').length);
  return {
    query: texts.join(''),
    spans,
    origin(offset) {
      if (offset >= texts.join('').length) return { offset: parts.reduce((sum, part) => sum + writtenLength(part), 0) };
      const index = Math.max(
        0,
        spans.findLastIndex((from) => from <= offset),
      );
      const before = parts.slice(0, index).reduce((sum, part) => sum + writtenLength(part), 0);
      const part = parts[index] ?? '';
      if (typeof part !== 'string') return { offset: before, expression: part };
      return { offset: before + writtenLength(part.slice(0, offset - (spans[index] ?? 0))) };
    },
  };
}

/** `${` by itself is written `$${`. */
function writtenLength(part: string | Expression): number {
  return typeof part === 'string' ? part.length + part.split('${').length - 1 : part.text.length + '${}'.length;
}
