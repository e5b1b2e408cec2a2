import { readFileSync } from 'node:fs';

export interface Instruction {
  readonly name: string;
  /** What follows the name, on one line. */
  readonly text: string;
  /** Words of the exec form; undefined where it is not written so. */
  readonly words: readonly string[] | undefined;
}

export interface Stage {
  readonly from: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile; only what ours uses is understood, and anything else refused. */
export function readDockerfile(path: string): readonly Stage[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { from: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const { name = '', text = '' } = /^(?<name>[A-Z]+) (?<text>.*)$/.exec(line)?.groups ?? {};
    if (name === 'FROM') {
      const [from = '', , stage] = text.split(' ');
      stages.push({ from, name: stage, instructions: [] });
    } else if (known.has(name)) stages.at(-1)?.instructions.push({ name, text, words: wordsOf(text) });
    else throw new Error(`a line of the Dockerfile that the test does not understand: ${line}`);
  }
  return stages;
}

const known = new Set(['LABEL', 'ENV', 'WORKDIR', 'COPY', 'RUN', 'USER', 'VOLUME', 'EXPOSE', 'ENTRYPOINT', 'CMD', 'HEALTHCHECK']);

function wordsOf(text: string): readonly string[] | undefined {
  const list = /\[.*\]$/.exec(text)?.[0];
  try {
    return list === undefined ? undefined : (JSON.parse(list) as string[]);
  } catch {
    return undefined;
  }
}

/** `A=b C="d e"` as pairs. */
export function pairsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from(text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g), ([, name = '', quoted, plain]) => [name, quoted ?? plain ?? '']),
  );
}
