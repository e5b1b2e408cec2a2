import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/kubernetes/${name}`, import.meta.url), 'utf8')) as unknown;

interface Definition {
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly group: string; readonly version: string; readonly kind: string }[];
  readonly [key: string]: unknown;
}

const quantity = { anyOf: [{ type: 'number' }, { type: 'string', pattern: '^[0-9.]+(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$' }] };

/** The recorded OpenAPI as JSON Schema, in which an unknown key is an error, as the API server's strict validation has it. */
function strictDefinitions(): Readonly<Record<string, Definition>> {
  const { definitions } = fixture('openapi-v2.json') as { definitions: Record<string, Definition> };
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [
      name,
      name.endsWith('.Quantity') ? quantity : (strict(definition) as Definition),
    ]),
  );
}

function strict(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strict);
  if (typeof node !== 'object' || node === null) return node;
  const { format, properties, ...rest } = node as { format?: string; properties?: object; [key: string]: unknown };
  if (format === 'int-or-string') return { anyOf: [{ type: 'integer' }, { type: 'string' }] };
  // Without the names of its members `properties` would be walked as if it were a schema itself.
  const members =
    properties === undefined ? undefined : Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, strict(member)]));
  const others = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, strict(value)]));
  return members === undefined ? others : { ...others, properties: members, additionalProperties: false };
}

/** What is wrong with a manifest: nothing, or one line each. A kind that no schema knows is wrong. */
export function manifestChecker(): (manifest: object) => readonly string[] {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const definitions = strictDefinitions();
  ajv.addSchema({ $id: 'kubernetes', definitions });
  const outside = fixture('kinds-outside-openapi.json') as { definitions: Record<string, unknown> };
  ajv.addSchema({ ...outside, $id: 'outside' });
  const refs = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions))
    for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? [])
      refs.set(`${group === '' ? '' : `${group}/`}${version}/${kind}`, `kubernetes#/definitions/${name}`);
  for (const name of Object.keys(outside.definitions)) refs.set(name, `outside#/definitions/${name.replaceAll('/', '~1')}`);
  const validators = new Map<string, ValidateFunction>();
  return (manifest) => {
    const { apiVersion, kind } = manifest as { apiVersion?: string; kind?: string };
    const name = `${apiVersion}/${kind}`;
    const ref = refs.get(name);
    if (ref === undefined) return [`no schema for ${name}`];
    const validate = validators.get(name) ?? ajv.compile({ $ref: ref });
    validators.set(name, validate);
    return validate(manifest)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message, params }) => `${name}${instancePath}: ${message} ${JSON.stringify(params)}`);
  };
}
