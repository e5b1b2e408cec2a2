import type { OutboxMessage } from '../ports/people-store.ts';
import type { Json, JsonObject } from '../value/json.ts';
import { withoutSecretMarkers } from '../value/secret-marker.ts';
import { ExpressionCompiler } from './expression.ts';
import { compileTree, type Path } from './template-tree.ts';

/** What templates of messages see, with their CEL types. */
export const messageFields = {
  key: 'string',
  kind: 'string',
  title: 'string',
  text: 'string',
  severity: 'string',
  level: 'string',
  incident: 'string',
  run: 'string',
  rule: 'string',
  subject: 'string',
  reason: 'string',
  url: 'string',
  changes: 'list<map<string, string>>',
} as const satisfies { readonly [name in keyof OutboxMessage]?: string };

/** A body of messages with `${…}` in it. */
export interface MessageTemplate {
  /** Throws `render.failed`. Secrets are placeholders still. */
  render(message: OutboxMessage): Json;
  readonly secrets: ReadonlySet<string>;
}

const compiler = { visible: { variables: ['secrets'] as const, fields: messageFields }, name: 'template' };

/** Compiles a template; `problem` is told what is wrong with it and where. */
export function compileMessageTemplate(source: Json, problem: (path: Path, message: string) => void): MessageTemplate {
  const expressions = new ExpressionCompiler();
  const tree = compileTree(
    source,
    (expression) => expressions.compile(expression, compiler.visible),
    (path, _text, error) => problem(path, error.message),
  );
  const parts = tree.templates.flatMap(({ template }) => template.parts).filter((part) => typeof part === 'object');
  return {
    secrets: new Set(parts.flatMap(({ uses }) => [...uses.secrets])),
    render: (message) => tree.render(withoutSecretMarkers(contextOf(message)) as JsonObject, { name: compiler.name }),
  };
}

function contextOf({
  key,
  kind,
  title,
  text,
  severity,
  level = '',
  incident,
  run,
  rule,
  subject,
  reason,
  url = '',
  changes,
}: OutboxMessage): JsonObject {
  return {
    key,
    kind,
    title,
    text,
    severity,
    level,
    incident,
    run,
    rule,
    subject,
    reason,
    url,
    changes: changes.map((change) => ({ ...change })),
  };
}
