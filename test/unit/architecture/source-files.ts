import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the clone: `path` from its root, with slashes; `code` is `text` with comments blanked out. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly code: string;
}

/** `target` is the specifier, or for relative ones the imported path from the clone's root. */
export interface Import {
  readonly target: string;
  readonly isTypeOnly: boolean;
}

export const cloneRoot = fileURLToPath(new URL('../../..', import.meta.url));

/** All files below a folder of the clone whose name ends so. */
export function sourceFiles(folder: string, ending: string): readonly SourceFile[] {
  return readdirSync(join(cloneRoot, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((path) => path.endsWith(ending) && !path.startsWith('test/fixtures/'))
    .toSorted()
    .map((path) => readSource(path));
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(cloneRoot, path), 'utf8');
  return { path, text, code: withoutComments(text) };
}

/** Blanks comments out; a `//` inside a string stays where it is not after a space, as in addresses. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*\*?\s[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/ .*$/gm, '$1');
}

const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[\w*{][^'";]*?\sfrom\s*|\{[^'";]*?\}\s*from\s*)?['"]([^'"]+)['"]/gm;
const dynamic = /(typeof\s+)?\b(?:import|require)\(\s*['"`]([^'"`]+)['"`]/g;

/** Every import, re-export and dynamic import of a file. */
export function importsOf({ path, code }: Pick<SourceFile, 'path' | 'code'>): readonly Import[] {
  return [...code.matchAll(statement), ...code.matchAll(dynamic)].map((match) => {
    const specifier = match[2] ?? '';
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier;
    return { target, isTypeOnly: match[1] !== undefined };
  });
}
