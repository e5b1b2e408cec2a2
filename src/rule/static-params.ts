import type { Json, JsonObject } from '../value/json.ts';
import { nearest } from '../value/nearest.ts';
import type { Reporter } from './reporter.ts';
import { expressionsOf, type Path, type PlacedTemplate, type TemplateTree } from './template-tree.ts';

/** Something that judges parameters: an action, a check, or a remediation's schema. */
export interface ParamsJudge {
  /** For messages: `action kubernetes.scale`. */
  readonly what: string;
  readonly names: readonly string[];
  problemsOf(params: JsonObject): readonly { readonly path: Path; readonly message: string }[];
}

/** Reports what is wrong with parameters whatever their templates turn out to be, and templates of a type that cannot fit. */
export function checkParams(tree: TemplateTree, judge: ParamsJudge, reporter: Reporter): void {
  for (const key of Object.keys(tree.source as JsonObject)) {
    if (judge.names.includes(key)) continue;
    const similar = nearest(key, judge.names);
    const known =
      judge.names.length === 0
        ? 'it takes none'
        : similar === undefined
          ? `it takes ${judge.names.join(', ')}`
          : `did you mean ${similar}?`;
    reporter.error([key], `${judge.what} takes no parameter ${key}; ${known}`, { key: true });
  }
  for (const { path, message } of judge.problemsOf(sampleOf(tree))) {
    // A problem with the whole is mostly an unknown key, and those have been told.
    if (path.length > 0 && !judge.names.includes(String(path[0]))) continue;
    const related = tree.templates.filter((placed) => isPrefix(placed.path, path) || isPrefix(path, placed.path));
    if (related.length === 0) {
      const hasUnknownKeys = Object.keys(tree.source as JsonObject).some((key) => !judge.names.includes(key));
      if (path.length > 0 || !hasUnknownKeys) reporter.error(path, `${judge.what}: ${withName(path, message)}`);
    }
  }
  for (const placed of tree.templates) checkType(placed, { tree, judge, reporter });
}

/** JSON values of the kinds an expression of a CEL type can give. */
const samples: Readonly<Record<string, readonly Json[]>> = {
  string: ['x', '1m', '/x', 'http://x/', '1', 'up', 'x=y', 'X'],
  int: [1, 0, 1000],
  double: [1, 0, 1000],
  bool: [true, false],
  list: [[], ['x'], [1], [{}]],
  map: [{}, { x: 'x' }, { atLeast: 1 }],
};

const mending: Readonly<Record<string, string>> = { string: 'string(…)', int: 'int(…), ceil(…) or round(…)', double: 'double(…)' };

/** The kind of value that a template gives; undefined where several are possible. */
function kindOf({ template, isBroken }: PlacedTemplate): keyof typeof samples | undefined {
  if (isBroken) return undefined;
  const type = template.whole === undefined ? 'string' : template.whole.type;
  if (type.startsWith('list')) return 'list';
  if (type.startsWith('map')) return 'map';
  if (type === 'google.protobuf.Timestamp') return 'string';
  return type in samples ? type : undefined;
}

/** How many different samples there are of any kind. */
export const mostSamples = Math.max(...Object.values(samples).map(({ length }) => length));

/** Something a template may turn out to be; `index` for something else of its kind. */
export function sampleFor(placed: PlacedTemplate, index = 0): Json {
  const known = samples[kindOf(placed) ?? 'string'] ?? [];
  return known[Math.min(index, known.length - 1)] ?? 'x';
}

export function sampleOf(tree: TemplateTree): JsonObject {
  return tree.sample((placed) => sampleFor(placed)) as JsonObject;
}

function checkType(
  placed: PlacedTemplate,
  { tree, judge, reporter }: { tree: TemplateTree; judge: ParamsJudge; reporter: Reporter },
): void {
  const kind = kindOf(placed);
  if (kind === undefined || !judge.names.includes(String(placed.path[0]))) return;
  const fits = (candidate: string): boolean =>
    (samples[candidate] ?? []).some((value) => {
      const params = tree.sample((other) => (other === placed ? value : sampleFor(other))) as JsonObject;
      return !judge.problemsOf(params).some(({ path }) => path.length > 0 && (isPrefix(path, placed.path) || isPrefix(placed.path, path)));
    });
  if (fits(kind)) return;
  const wanted = Object.keys(samples).find((candidate) => candidate !== kind && fits(candidate));
  if (wanted === undefined) return;
  const mend = mending[wanted] === undefined ? '' : `; convert it with ${mending[wanted]}`;
  const text = expressionsOf(placed)[0]?.text ?? '';
  reporter.error(placed.path, `${judge.what}: ${placed.path.join('.')} cannot be a ${kind}, which ${placed.template.text} is${mend}`, {
    within: text,
    offset: 0,
  });
}

function isPrefix(path: Path, of: Path): boolean {
  return path.length <= of.length && path.every((key, index) => String(key) === String(of[index]));
}

/** The message, naming its parameter where it does not. */
export function withName(path: Path, message: string): string {
  const name = path.join('.');
  return message.startsWith(name) ? message : `${name}: ${message}`;
}
