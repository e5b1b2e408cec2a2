import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command, type Redis } from 'ioredis';
import type { RedisLink } from './redis-link.ts';

/** Numbers a script sees as constants. */
export type Constants = Readonly<Record<string, number>>;

export type Reply = null | number | string | readonly Reply[];

export interface ScriptCall {
  readonly args: readonly (string | number)[];
  /** Beyond the link's own timeout, for much work at once. */
  readonly extraMs?: number;
}

export interface Scripts {
  readonly prefix: string;
  /** Runs `scripts/<name>.lua` behind the parts it needs, as one atomic step. */
  run(name: ScriptName, call?: ScriptCall): Promise<Reply>;
  readonly link: RedisLink;
}

/** Which files each script consists of, before its own. */
const parts = {
  'time': [],
  'intake': ['journal', 'runs', 'incidents', 'members', 'notes'],
  'resolve-absent': ['journal', 'runs', 'incidents', 'members'],
  'create-runs': ['journal', 'runs', 'incidents', 'new-runs'],
  'claim': ['runs', 'incidents', 'read-incident'],
  'renew': ['runs'],
  'commit': ['journal', 'runs', 'incidents', 'new-runs'],
  'amend': ['journal', 'runs'],
  'permit': ['runs', 'incidents'],
  'signal': ['runs'],
  'due-runs': ['runs'],
  'due-incidents': [],
  'wake-incident': ['incidents'],
  'close-incidents': ['journal', 'incidents'],
  'get-run': ['runs'],
  'list-runs': ['runs'],
  'get-incident': ['incidents', 'read-incident'],
  'open-incident': ['incidents', 'read-incident'],
  'list-incidents': ['incidents', 'read-incident'],
  'acknowledge': ['journal', 'incidents'],
  'add-pause': ['journal'],
  'remove-pause': ['journal'],
  'list-pauses': [],
  'append': ['journal'],
  'lineage': [],
  'freeze': ['journal', 'incidents'],
  'announce': [],
  'sweep': ['journal', 'runs', 'incidents', 'notes', 'notices'],
  'open-call': ['journal', 'incidents'],
  'end-calls': ['journal', 'incidents'],
  'take-calls': ['incidents'],
  'settle-call': ['journal', 'incidents'],
  'stuck-incidents': ['runs', 'incidents'],
  'note-heartbeat': [],
  'notices-upto': [],
  'queue-notices': ['notices'],
  'take-notices': ['notices'],
  'settle-notice': ['journal', 'notices'],
  'ledger-ask': ['ledger'],
  'ledger-locks': ['ledger'],
  'ledger-cool': ['ledger'],
  'ledger-note': ['ledger'],
  'ledger-lower': ['ledger'],
  'ledger-standing': ['ledger'],
} as const satisfies Record<string, readonly string[]>;

export type ScriptName = keyof typeof parts;

/** These write nothing, not even the time, so that their answers wait for no disk. */
const readers: ReadonlySet<ScriptName> = new Set([
  'permit',
  'list-pauses',
  'get-run',
  'list-runs',
  'get-incident',
  'open-incident',
  'list-incidents',
  'lineage',
  'stuck-incidents',
  'ledger-standing',
]);

export interface ScriptOptions {
  readonly link: RedisLink;
  /** Starts every key; with a hash tag all keys are in one slot of a Redis Cluster. */
  readonly prefix: string;
  readonly constants: Constants;
  /** For tests only: the time instead of Redis's own, ms. */
  readonly testTime?: () => number;
}

export function loadScripts({ link, prefix, constants, testTime }: ScriptOptions): Scripts {
  const read = new Map<string, string>();
  const loaded = new Map<ScriptName, { text: string; sha: string }>();
  const header = Object.entries(constants)
    .map(([name, value]) => `local ${name} = ${value}\n`)
    .join('');

  function part(name: string): string {
    const known = read.get(name);
    if (known !== undefined) return known;
    const text = readFileSync(new URL(`scripts/${name}.lua`, import.meta.url), 'utf8');
    read.set(name, text);
    return text;
  }

  function load(name: ScriptName): { text: string; sha: string } {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const text = `local READS = ${readers.has(name)}\n${header}${['base', ...parts[name], name].map(part).join('\n')}`;
    const script = { text, sha: createHash('sha1').update(text).digest('hex') };
    loaded.set(name, script);
    return script;
  }

  return {
    prefix,
    link,
    run(name, { args, extraMs } = { args: [] }) {
      const script = load(name);
      const given = ['1', `${prefix}time`, testTime === undefined ? '' : String(testTime()), ...args];
      return link.ask(async (client) => {
        try {
          return await send(client, 'evalsha', [script.sha, ...given]);
        } catch (error) {
          if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
          return await send(client, 'eval', [script.text, ...given]);
        }
      }, extraMs);
    },
  };
}

/** Arguments as one array: a hundred thousand do not fit a call's own. */
function send(client: Redis, name: string, args: readonly (string | number)[]): Promise<Reply> {
  return client.sendCommand(new Command(name, [...args], { replyEncoding: 'utf8' })) as Promise<Reply>;
}
