import type { GuardContext } from './guard.ts';
import { formatTarget } from '../value/target.ts';
import { allow, deny } from './decide.ts';
import type { Guard } from './guard.ts';
import { namespacesOf } from './namespaces.ts';

/** Denies targets that the configuration protects, and namespaces the source may not touch. */
export const protectedTarget: Guard = {
  name: 'protectedTarget',
  summary: 'No target is protected, and the source may touch its namespace.',
  tier: 'mandatory',
  asks: 'inside',
  undo: true,
  evaluate({ targets, protection, run }: GuardContext) {
    for (const target of targets.map(formatTarget)) {
      const pattern = protection.targets.find((candidate) => matchesPattern(candidate, target));
      if (pattern !== undefined) return deny(`${target} is protected by \`protected: ${pattern}\``);
    }
    for (const namespace of namespacesOf(targets)) {
      if (protection.namespaces.includes(namespace)) return deny(`namespace ${namespace} is protected`);
      if (protection.sourceNamespaces !== undefined && !protection.sourceNamespaces.includes(namespace)) {
        return deny(`source ${run.source} may not touch namespace ${namespace}, only ${protection.sourceNamespaces.join(', ') || 'none'}`);
      }
    }
    return allow('no target is protected');
  },
};

/** `*` stands for any characters but `/`. */
function matchesPattern(pattern: string, target: string): boolean {
  const wanted = pattern.split('/');
  const given = target.split('/');
  return wanted.length === given.length && wanted.every((part, index) => matchesPart(part, given[index] ?? ''));
}

function matchesPart(pattern: string, text: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return head === text;
  if (!text.startsWith(head)) return false;
  const tail = rest.pop() ?? '';
  let position = head.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return text.length - tail.length >= position && text.endsWith(tail);
}
