import type { ASTNode } from '@marcbachmann/cel-js';
import { messageOf } from '../errors.ts';
import { compileUnanchored, regexMethod, type Variable } from './expression-environment.ts';

/** `offset` counts from the start of the expression. */
export class ExpressionError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** What an expression reads, as its text shows. */
export interface Uses {
  readonly variables: ReadonlySet<Variable>;
  readonly secrets: ReadonlySet<string>;
  readonly steps: ReadonlySet<string>;
  readonly values: ReadonlySet<string>;
  readonly params: ReadonlySet<string>;
  /** Labels read without `has(…)` or `in` for them anywhere in the expression. */
  readonly unguardedLabels: ReadonlySet<string>;
  /** Labels without which the expression cannot be true. */
  readonly requiredLabels: ReadonlySet<string>;
  /** Whether anything of an alert is used outside `promql(…)`. */
  readonly isRawInQuery: boolean;
  /** Whatever it gives is a text that `promql(…)` has quoted. */
  readonly isQuotedForQuery: boolean;
}

const ofAlert = new Set<string>(['labels', 'annotations', 'alert', 'alerts']);
const named = new Set<string>(['secrets', 'steps', 'values']);
const loops = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
const deepestLoop = 2;

interface Place {
  readonly mayBeSecret: boolean;
  readonly isQuoted: boolean;
  readonly isGuard: boolean;
  readonly loops: number;
  readonly bound: ReadonlySet<string>;
}

/** Finds what the expression reads, makes its `matches` run on RE2, and throws ExpressionError for what we do not allow. */
export function analyse(root: ASTNode): Uses {
  const found = {
    variables: new Set<Variable>(),
    secrets: new Set<string>(),
    steps: new Set<string>(),
    values: new Set<string>(),
    params: new Set<string>(),
  };
  const read = new Set<string>();
  const guarded = new Set<string>();
  let isRawInQuery = false;

  function visitId(node: ASTNode, name: string, place: Place): void {
    if (place.bound.has(name)) return;
    if (named.has(name)) throw new ExpressionError(`${name} is used by name: ${name}.<name>`, node.start);
    found.variables.add(name as Variable);
    if (ofAlert.has(name) && !place.isQuoted) isRawInQuery = true;
  }

  function visitMember(node: ASTNode, [variable, key]: readonly [string, string], place: Place): void {
    found.variables.add(variable as Variable);
    if (variable === 'labels') (place.isGuard ? guarded : read).add(key);
    if (ofAlert.has(variable) && !place.isQuoted && !place.isGuard) isRawInQuery = true;
    if (variable === 'params') found.params.add(key);
    if (variable === 'steps') found.steps.add(key);
    if (variable === 'values') found.values.add(key);
    if (variable !== 'secrets') return;
    if (!place.mayBeSecret)
      throw new ExpressionError('a secret can only be put into text, with + or on its own: nothing can be computed from it', node.start);
    found.secrets.add(key);
  }

  function visit(node: ASTNode, place: Place): void {
    const inside: Place = { ...place, mayBeSecret: false, isGuard: false };
    const member = memberOf(node, place.bound);
    if (member !== undefined) return visitMember(node, member, place);
    switch (node.op) {
      case 'value':
        return;
      case 'id':
        return visitId(node, node.args, place);
      case 'call': {
        const [name, given] = node.args;
        const isGuard = name === 'has';
        for (const argument of given) visit(argument, { ...inside, isGuard, isQuoted: place.isQuoted || name === 'promql' });
        return;
      }
      case 'rcall':
        return visitMethod(node, node.args, inside);
      case 'in': {
        const [key, container] = node.args;
        visit(key, inside);
        if (container.op === 'id' && container.args === 'labels' && key.op === 'value')
          return visitMember(node, ['labels', String(key.args)], { ...inside, isGuard: true });
        return visit(container, inside);
      }
      case '+':
      case 'list':
      case 'map':
        return each(node.args, (child) => visit(child, { ...inside, mayBeSecret: place.mayBeSecret }));
      case '?:':
        return each(node.args, (child, index) => visit(child, { ...inside, mayBeSecret: index > 0 && place.mayBeSecret }));
      default:
        return each(node.args, (child) => visit(child, { ...inside, isGuard: place.isGuard && node.op === '.' }));
    }
  }

  function visitMethod(node: ASTNode, args: [string, ASTNode, ASTNode[]], place: Place): void {
    const [name, receiver, given] = args;
    visit(receiver, place);
    if (name === regexMethod.run) throw new ExpressionError(`there is no method ${name}; write ${regexMethod.written}`, node.start);
    if (name === regexMethod.written) {
      args[0] = regexMethod.run;
      const pattern = given[0];
      if (pattern?.op === 'value' && typeof pattern.args === 'string') checkPattern(pattern.args, pattern.start);
    }
    const isBinding = loops.has(name) || (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel');
    if (!isBinding) return each(given, (child) => visit(child, place));
    const depth = place.loops + (loops.has(name) ? 1 : 0);
    if (depth > deepestLoop) throw new ExpressionError(`loops (${[...loops].join(', ')}) may be nested ${deepestLoop} deep`, node.start);
    const [variable, ...rest] = given;
    const bound = variable?.op === 'id' ? new Set([...place.bound, variable.args]) : place.bound;
    return each(rest, (child) => visit(child, { ...place, loops: depth, bound }));
  }

  visit(root, { mayBeSecret: true, isQuoted: false, isGuard: false, loops: 0, bound: new Set(['cel']) });
  return {
    ...found,
    unguardedLabels: read.difference(guarded),
    requiredLabels: new Set(requiredBy(root)),
    isRawInQuery,
    isQuotedForQuery: isQuoted(root),
  };
}

/** `labels.x` and `labels["x"]`, for every variable of ours. */
function memberOf(node: ASTNode, bound: ReadonlySet<string>): readonly [string, string] | undefined {
  if (node.op !== '.' && node.op !== '[]') return undefined;
  const [object, key] = node.args;
  if (object.op !== 'id' || bound.has(object.args) || object.args === 'alert' || object.args === 'alerts') return undefined;
  if (typeof key === 'string') return [object.args, key];
  return key.op === 'value' && typeof key.args === 'string' ? [object.args, key.args] : undefined;
}

function isQuoted(node: ASTNode): boolean {
  if (node.op === '?:') return isQuoted(node.args[1]) && isQuoted(node.args[2]);
  return node.op === 'call' && node.args[0] === 'promql';
}

function requiredBy(node: ASTNode): string[] {
  if (node.op === '&&') return node.args.flatMap(requiredBy);
  if (node.op === 'in') {
    const [key, container] = node.args;
    return container.op === 'id' && container.args === 'labels' && key.op === 'value' ? [String(key.args)] : [];
  }
  const accesses = node.op === 'call' && node.args[0] === 'has' ? node.args[1] : node.op === '==' ? node.args : [];
  return accesses.map((access) => memberOf(access, new Set())).flatMap((member) => (member?.[0] === 'labels' ? [member[1]] : []));
}

function each(args: unknown, visit: (child: ASTNode, index: number) => void): void {
  const children = (Array.isArray(args) ? args.flat() : [args]) as unknown[];
  for (const [index, child] of children.entries()) if (isNode(child)) visit(child, index);
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'start' in value;
}

function checkPattern(pattern: string, offset: number): void {
  try {
    compileUnanchored(pattern);
  } catch (error) {
    throw new ExpressionError(`${JSON.stringify(pattern)} is no RE2 regular expression: ${messageOf(error)}`, offset);
  }
}
