import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { privileges } from '../child-process.ts';
import { pairsOf, type Stage } from './dockerfile.ts';

export interface BuiltRoot {
  /** A path of the image, here. */
  at(path: string): string;
  /** The same within a text. */
  mapped(text: string): string;
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string | undefined;
}

/** Whom the image's user is played by: someone else where we are root, else ourselves. */
const standIn = process.getuid?.() === 0 ? 'daemon' : undefined;

/**
 * Does a Dockerfile's steps into a folder, without a container engine: files are copied as COPY says, programs run as RUN says, with the paths of the image turned into
 * those of the folder. Two steps are played: `FROM` brings this machine's Node, and `npm ci` copies the packages that the lock file has neither for development nor as optional.
 */
export function buildRoot(stages: readonly Stage[], { context, folder }: { context: string; folder: string }): BuiltRoot {
  const ignored = ignoreRules(join(context, '.dockerignore'));
  let built: BuiltRoot | undefined;
  const roots = new Map<string, string>();
  for (const { name, instructions } of stages) {
    const root = join(folder, name ?? 'image');
    if (name !== undefined) roots.set(name, root);
    const at = (path: string) => join(root, path);
    const mapped = (text: string) => text.replaceAll(/(?<![\w.])\/(?=app\b|data\b)/g, `${root}/`);
    const environment: Record<string, string> = {};
    let workdir = '/';
    let user: string | undefined;
    for (const { name: instruction, text, words } of instructions) {
      if (instruction === 'ENV') Object.assign(environment, pairsOf(text));
      if (instruction === 'WORKDIR') mkdirSync(at((workdir = text)), { recursive: true });
      if (instruction === 'USER') user = text;
      if (instruction === 'COPY') copy(text, { context, ignored, roots, to: (path) => at(join(workdir, path)) });
      if (instruction === 'RUN') {
        if (words === undefined) throw new Error(`RUN ${text}: a shell would be needed`);
        if (words[0] === 'npm') installPackages(at(workdir), context);
        else
          run(
            words.map((word) => (word === 'node' && words[0] !== 'node' ? (standIn ?? owner()) : mapped(word))),
            { user, cwd: at(workdir), environment: mappedValues(environment, mapped) },
          );
      }
    }
    built = { at, mapped, environment: mappedValues(environment, mapped), user: user === undefined ? undefined : standIn };
  }
  if (built === undefined) throw new Error('the Dockerfile has no stage');
  return built;
}

/** Takes the right to write in any folder of it away from everybody. Files may be links to those of the clone, and stay as they are. */
export function makeReadOnly(folder: string): void {
  execFileSync('find', [folder, '-type', 'd', '-exec', 'chmod', 'a-w', '{}', '+']);
}

/** And gives it back, so that the folder can be removed. */
export function makeWritable(folder: string): void {
  execFileSync('find', [folder, '-type', 'd', '-exec', 'chmod', 'u+w', '{}', '+']);
}

function owner(): string {
  return String(process.getuid?.() ?? 0);
}

function mappedValues(environment: Readonly<Record<string, string>>, mapped: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, mapped(value)]));
}

function run(
  [program = '', ...args]: readonly string[],
  { user, cwd, environment }: { user: string | undefined; cwd: string; environment: Readonly<Record<string, string>> },
): void {
  const [command = '', ...rest] = [
    ...(user === undefined ? [] : privileges({ user: standIn })),
    program === 'node' ? process.execPath : program,
    ...args,
  ];
  execFileSync(command, rest, { cwd, env: { PATH: process.env['PATH'], ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Copying {
  readonly context: string;
  readonly ignored: (path: string) => boolean;
  readonly roots: ReadonlyMap<string, string>;
  readonly to: (path: string) => string;
}

function copy(text: string, { context, ignored, roots, to }: Copying): void {
  const [first = '', ...others] = text.split(' ');
  const from = /^--from=(.*)$/.exec(first)?.[1];
  const paths = from === undefined ? [first, ...others] : others;
  const target = paths.at(-1) ?? '';
  for (const path of paths.slice(0, -1)) {
    if (from === undefined && ignored(path)) throw new Error(`COPY ${path}: .dockerignore keeps it out of the build`);
    const source = from === undefined ? join(context, path) : join(roots.get(from) ?? '', path);
    const place = to(target.endsWith('/') ? join(target, path) : target);
    link(source, place);
  }
}

/** Patterns in order, the last that matches counts; ours are names at the top and one that is not about what is copied. */
function ignoreRules(file: string): (path: string) => boolean {
  const patterns = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('**'));
  return (path) => patterns.reduce((isIgnored, pattern) => (pattern === '*' ? true : pattern === `!${path}` ? false : isIgnored), false);
}

function installPackages(folder: string, context: string): void {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean; link?: boolean }>>;
  };
  const wanted = Object.entries(packages).flatMap(([path, { dev, optional, devOptional }]) =>
    path === '' || dev === true || optional === true || devOptional === true ? [] : [path],
  );
  const missing = wanted.filter((path) => !existsSync(join(context, path)));
  if (missing.length > 0) throw new Error(`not installed in this clone, though package-lock.json has them: ${missing.join(', ')}`);
  // All at once; what lies within another package may be there already.
  if (spawnSync('cp', ['-alf', '--parents', ...wanted, folder], { cwd: context, stdio: 'ignore' }).status === 0) return;
  for (const path of wanted) link(join(context, path), join(folder, path));
}

/** A copy without the bytes, where the file system can; they are only read. */
function link(source: string, place: string): void {
  mkdirSync(dirname(place), { recursive: true });
  if (spawnSync('cp', ['-al', source, place], { stdio: 'ignore' }).status === 0) return;
  rmSync(place, { recursive: true, force: true });
  execFileSync('cp', ['-a', source, place]);
}
