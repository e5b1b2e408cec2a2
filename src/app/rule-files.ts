import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FixpointError } from '../errors.ts';
import type { RuleText } from '../rule/load.ts';

/** The texts of the YAML files of a folder, or of one file. */
export function readRuleFiles(path: string): readonly RuleText[] {
  return yamlFilesOf(path).map((file) => ({ file: shownAs(file), text: readFileSync(file, 'utf8') }));
}

/** Relative to where the command was given, unless that is a longer way. */
export function shownAs(file: string): string {
  const near = relative(process.cwd(), file);
  return near === '' || near.startsWith('..') ? file : near;
}

/** Changes whenever a file is added, removed, renamed or written. */
export function stampOf(paths: readonly string[]): string {
  return paths
    .flatMap((path) => (existsSync(path) ? yamlFilesOf(path) : []))
    .map((file) => {
      const { mtimeMs, size, ino } = statSync(file, { throwIfNoEntry: false }) ?? {};
      return `${file}:${mtimeMs}:${size}:${ino}`;
    })
    .join('\n');
}

/** The YAML files of a folder, not below it, in byte order of their names; a file stands for itself. */
export function yamlFilesOf(path: string): readonly string[] {
  if (!existsSync(path)) throw new FixpointError('rules.invalid', `there is no file or folder ${path}`);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.') && isFile(join(path, name)))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((name) => join(path, name));
}

/** A file that Kubernetes takes out of a mounted ConfigMap is, for a moment, a link to nothing. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
