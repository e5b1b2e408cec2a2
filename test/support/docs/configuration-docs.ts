import { z } from 'zod';
import { optionSpecs, otherVariables, type OptionSpec } from '../../../src/config/options.ts';
import { ConfigFile } from '../../../src/config/schema.ts';

type Node = z.core.JSONSchema.JSONSchema;

export interface Row {
  readonly key: string;
  readonly form: string;
  readonly fallback: string;
  readonly description: string;
}

const intro = `# Configuration

This page is made from the code (\`UPDATE_DOCS=1\` with \`test/unit/config\`); a test compares them.

A setting comes from the first of these that has it: a flag, the environment, \`fixpoint.yaml\`, the default. Unknown flags, unknown keys and
unknown variables that begin with \`FIXPOINT_\` are errors, with the nearest known word; all problems are told at once. Relative paths start at
the working directory, those inside the file at the file's folder. \`fixpoint config\` shows what is in force and where it comes from,
\`fixpoint schema\` prints the file's JSON Schema for editors, and \`fixpoint.example.yaml\` in the root is a file to start from.

Without a file everything has its default. A file that is named (\`--config\`, \`FIXPOINT_CONFIG\`) has to exist.
`;

const forms = `## Forms

| form | written as |
|---|---|
| duration | as Prometheus writes them: \`30s\`, \`5m\`, \`1h30m\`, \`1d\` |
| rate | \`4/1h\`: at most so many in any interval of that length |
| secret | where the text is, never the text itself: \`{file: <path>}\`, read again when it changes, \`{env: <variable>}\`, read at the start, or \`{kubernetes: <namespace>/<name>/<key>}\` (in another cluster than default: \`<cluster>/<namespace>/<name>/<key>\`), read every 15 seconds; a last line break does not count |
| local secret | the same from a file or the environment only: it is needed before Kubernetes can be asked |
| address | \`http://…\` or \`https://…\`, without user and password |
| name | lower-case letters, digits and dashes |
`;

/** `docs/configuration.md`, whole. */
export function configurationDocs(): string {
  return [
    intro,
    '## Flags and environment\n',
    table(['flag', 'variable', 'default', 'meaning'], Object.values(optionSpecs).map(optionCells)),
    '`serve` also takes `--role all|api|worker`, `--sandbox` and `--speed <n>`; they have no variable and no key in the file.\n',
    table(
      ['variable', 'meaning'],
      Object.entries(otherVariables).map(([name, summary]) => [code(name), summary]),
    ),
    'Variables that Kubernetes makes for Services called `fixpoint…` (`FIXPOINT_SERVICE_HOST`, `FIXPOINT_PORT_8080_TCP`, …) are passed over.\n',
    '## The file\n',
    table(
      ['key', 'form', 'default', 'meaning'],
      configurationRows().map(({ key, form, fallback, description }) => [code(key), form, fallback, description]),
    ),
    forms,
  ].join('\n');
}

/** Each key of the file at any depth, in the schema's order; `<name>` stands for a name of one's own, `[]` for an entry of a list. */
export function configurationRows(): readonly Row[] {
  return schemaRows(ConfigFile);
}

/** The same of any file's schema. */
export function schemaRows(schema: z.ZodType): readonly Row[] {
  return below(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '');
}

function below(node: Node, prefix: string, mandatory = 'required'): readonly Row[] {
  if (node.title !== undefined) return [];
  const own = Object.entries(node.properties ?? {}).flatMap(([name, member]) => {
    if (typeof member === 'boolean') return [];
    const key = prefix === '' ? name : `${prefix}.${name}`;
    return [rowOf(key, member, node.required?.includes(name) === true ? mandatory : ''), ...below(member, key)];
  });
  const entries = typeof node.additionalProperties === 'object' ? below(node.additionalProperties, `${prefix}.<name>`) : [];
  const items =
    node.items !== undefined && typeof node.items === 'object' && !Array.isArray(node.items) ? below(node.items, `${prefix}[]`) : [];
  const variants = (node.anyOf ?? []).flatMap((variant) => (typeof variant === 'boolean' ? [] : below(variant, prefix, 'one of these')));
  return [...own, ...entries, ...items, ...variants];
}

function rowOf(key: string, node: Node, mandatory: string): Row {
  const fallback = node.default === undefined ? mandatory : code(JSON.stringify(node.default));
  return { key, form: formOf(node), fallback, description: node.description ?? '' };
}

function formOf(node: z.core.JSONSchema._JSONSchema): string {
  if (typeof node === 'boolean') return 'anything';
  if (node.title !== undefined) return node.title;
  if (node.enum !== undefined) return node.enum.map((word) => code(String(word))).join(', ');
  if (node.const !== undefined) return code(JSON.stringify(node.const));
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(formOf))].join(' or ');
  if (node.type === 'array' && node.items !== undefined && !Array.isArray(node.items)) return `list of ${plural(formOf(node.items))}`;
  if (node.type === 'object') return node.properties === undefined ? `map of ${plural(formOf(node.additionalProperties ?? true))}` : 'map';
  if (node.type === 'string') return 'text';
  return node.type === 'integer' ? 'whole number' : 'anything';
}

function plural(form: string): string {
  return { text: 'texts', map: 'maps', name: 'names' }[form] ?? form;
}

function optionCells({ flag, variable, fallback, summary }: OptionSpec): readonly string[] {
  return [code(flag), code(variable), fallback === undefined ? '' : code(fallback), summary];
}

export const code = (text: string) => `\`${text}\``;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  );
  return `${lines.join('\n')}\n`;
}
