import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { namedFormats, namedSchemas } from '../../../src/rule/named-schemas.ts';
import { Remediation, Step } from '../../../src/rule/remediation-file.ts';
import { Guards, Rule, RuleFile, Rung, Values, Verify } from '../../../src/rule/rule-file.ts';
import { load } from './shapes.ts';

const docs = readFileSync(new URL('../../../docs/rules.md', import.meta.url), 'utf8');

/** Every key that a schema knows, at any depth. */
function keysOf(schema: z.core.$ZodType): string[] {
  const { def } = schema as unknown as { def: Readonly<Record<string, unknown>> };
  const inner = [def['innerType'], def['element'], def['valueType'], ...((def['options'] as unknown[] | undefined) ?? [])].filter(
    (part) => part !== undefined,
  ) as z.core.$ZodType[];
  const shape = Object.entries((def['shape'] as Record<string, z.core.$ZodType> | undefined) ?? {});
  return [...new Set([...shape.flatMap(([key, member]) => [key, ...keysOf(member)]), ...inner.flatMap(keysOf)])];
}

describe('docs/rules.md', () => {
  const keys = [RuleFile, Rule, Rung, Guards, Verify, Values, Remediation, Step].flatMap(keysOf);
  it('is held to all keys', () => expect(new Set(keys).size).toBeGreaterThan(35));

  it.each([...new Set(keys)])('names the key %s', (key) => expect(docs).toMatch(new RegExp(`[\`{ ,]${key}[\`}:,]`)));

  it.each([...Object.keys(namedSchemas), ...Object.keys(namedFormats)])('names the schema or format %s', (name) =>
    expect(docs).toContain(`: ${name}\``),
  );

  it.each(['promql', 'quoteRegex', 'ceil', 'floor', 'round', 'min', 'max', 'quantity'])('names the function %s', (name) =>
    expect(docs).toContain(`\`${name}(`),
  );

  it('has examples that load', () => {
    const [rules, remediation] = Array.from(docs.matchAll(/```yaml\n([^]*?)```/g), (match) => match[1] ?? '');
    expect((parse(remediation ?? '') as { name: string }).name).toBe('scale-deployment');
    expect(load({ rules: rules ?? '' }).problems.filter(({ message }) => !message.startsWith('undo is read'))).toEqual([]);
    expect(load({ rules: rules ?? '' }).rulebook?.rules).toHaveLength(1);
  });
});
