import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { ConfigFile } from '../../../src/config/schema.ts';
import { messageFields } from '../../../src/rule/message-template.ts';
import { noticeKinds } from '../../../src/value/notice-kind.ts';

const docs = readFileSync(new URL('../../../docs/escalation.md', import.meta.url), 'utf8');
const firstCells = (heading: string) => {
  const table = docs.slice(docs.indexOf(heading)).split('\n\n')[0] ?? '';
  return table
    .split('\n')
    .slice(2)
    .flatMap((line) => Array.from(line.split('|')[1]?.matchAll(/`([\w-]+)`/g) ?? [], ([, name]) => name));
};

describe('docs/escalation.md', () => {
  it('lists the fields of templates, and no other', () =>
    expect(new Set(firstCells('| field | type |'))).toEqual(new Set(Object.keys(messageFields))));

  it('lists the kinds of notices, and no other', () => expect(firstCells('| kind | when |')).toEqual([...noticeKinds]));

  it('has examples of fixpoint.yaml that are read', () => {
    const examples = Array.from(docs.matchAll(/```yaml\n([^]*?)```/g), ([, text = '']) => text).filter((text) =>
      /^(escalation|secrets|notices):/.test(text),
    );
    expect(examples).toHaveLength(3);
    for (const text of examples) expect(ConfigFile.safeParse(parseDocument(text).toJS()).error).toBeUndefined();
  });
});
