import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiClient } from '../e2e/api-client.ts';
import { startRedis } from '../support/redis.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { check } from './check/checker.ts';
import type { Evidence, RunAnswer, Violation } from './check/evidence.ts';
import { isEnd } from './check/evidence.ts';
import { Custody } from './custody.ts';
import { Fleet } from './fleet.ts';
import { JournalReader } from './journal-reader.ts';
import { Person } from './person.ts';
import { planOf, type Focus, type Round } from './plan.ts';
import { noticedBy, type Sabotage } from './process/orders.ts';
import { promises, remediationFiles, ruleFile } from './rules.ts';
import { ProcessLog } from './process-log.ts';
import { Storyteller } from './storyteller.ts';
import { Strikes } from './strikes.ts';
import { serveWorld } from './target-server.ts';
import { Webhooks } from './webhooks.ts';
import { World, type Episode } from './world.ts';

export interface CampaignOptions {
  readonly seed: number;
  readonly rounds: number;
  /** Ends after the round in which so much time is over. */
  readonly seconds: number;
  readonly sabotage: Sabotage;
  readonly workers?: number;
  /** Told after each round. */
  readonly progress?: (line: string) => void;
}

export interface Outcome {
  readonly rounds: number;
  readonly seconds: number;
  readonly strikes: ReadonlyMap<string, number>;
  readonly kills: number;
  readonly runs: readonly RunAnswer[];
  readonly effects: number;
  readonly webhooks: number;
  /** Illnesses that an effect of ours would heal, and those that one did. */
  readonly curable: number;
  readonly cured: number;
  readonly resumed: Custody['resumed'];
  /** Runs whose holder died and that nobody had to take up: their end was written already. */
  readonly endedWithHolder: number;
  readonly violations: readonly Violation[];
  /** What the processes logged as errors, each message with its number. */
  readonly errors: ReadonlyMap<string, number>;
  /** The story of a run, incident or alert as far as it is known: journal, effects, log. */
  story(about: string): readonly string[];
}

/** Where a sabotage shows soonest. */
const focusOf: Partial<Record<Sabotage, Focus>> = {
  'no-fence': { isFreezing: true },
  'early-unlock': { story: 'contended' },
  'guard-skipped': { story: 'limited' },
  'no-evidence': { story: 'stale' },
  'repeat-once': { story: 'once-in-vain', kill: { kill: 'at-effect' } },
  'early-answer': { kill: { kill: 'api', after: 150 } },
};

/** Until everything has ended after the last round, ms. */
const drainLimit = 120_000;

/** Rounds of stories and kills, each followed by a check; then everything may end, and all is checked once more. */
export async function campaign({ seed, rounds, seconds, sabotage, workers = 3, progress }: CampaignOptions): Promise<Outcome> {
  using folder = temporaryFolder();
  writeRules(folder.path);
  await using stack = new AsyncDisposableStack();
  const world = new World();
  const server = stack.use(await serveWorld(world));
  const redis = await startRedis({ persist: true });
  stack.defer(() => redis.stop());
  const custody = new Custody();
  const log = new ProcessLog();
  const struck: { strikes?: Strikes } = {};
  const fleet = await Fleet.start({
    folder: folder.path,
    workers,
    redisPort: redis.port,
    worldPort: server.port,
    sabotage,
    hooks: {
      said(pid, said) {
        custody.hear(pid, said);
        if (said.said === 'struck') struck.strikes?.struck(pid, said.arm, said.at);
      },
      logged: (pid, line) => log.take(pid, line),
      ended: (pid) => custody.died(pid, struck.strikes?.killedAt.get(pid) ?? Date.now()),
    },
  });
  stack.defer(() => fleet.stop());
  const strikes = new Strikes({ fleet, redis, world });
  struck.strikes = strikes;
  const webhooks = new Webhooks(fleet.url);
  stack.defer(() => webhooks.stop());
  const journal = new JournalReader(fleet.url);
  stack.defer(() => journal.stop());
  const person = new Person(fleet.url);
  stack.defer(() => person.stop());
  const teller = new Storyteller(world, webhooks);
  const found = new Map<string, Violation>();
  const look = (end?: { runs: readonly RunAnswer[] }): void => {
    const evidence = evidenceOf({ world, webhooks, journal, person }, end);
    for (const violation of check(evidence)) {
      const key = `${violation.invariant} ${violation.about ?? ''} ${violation.what}`;
      if (!found.has(key)) progress?.(`VIOLATION ${violation.invariant}: ${violation.what}`);
      found.set(key, violation);
    }
  };

  const wanted = noticedBy[sabotage];
  const begin = performance.now();
  let done = 0;
  for (const round of planOf({ seed, workers, focus: focusOf[sabotage] ?? {} })) {
    if (done >= rounds || performance.now() - begin > seconds * 1000) break;
    if ([...found.values()].some(({ invariant }) => wanted.includes(invariant))) break;
    await play(round, { teller, strikes });
    done += 1;
    look();
    progress?.(`round ${done}: ${describe(round)}`);
  }
  let runs: readonly RunAnswer[] = [];
  if (sabotage === 'none') {
    await strikes.settled();
    await teller.end();
    runs = await drained(fleet.url);
    const ended = { runs };
    // Calls to people, and messages that failed before, may have to wait for their next try.
    const isWell = (): boolean => check(evidenceOf({ world, webhooks, journal, person }, ended)).length === 0;
    await waitUntil(isWell, { timeoutMs: settlingLimit, intervalMs: 500, describe: 'everything to come to rest' }).catch(() => undefined);
    look(ended);
  }
  return {
    rounds: done,
    seconds: (performance.now() - begin) / 1000,
    strikes: strikes.counts,
    kills: strikes.kills,
    runs,
    effects: world.effects.filter(({ sender, hasChanged }) => sender !== undefined && hasChanged).length,
    webhooks: webhooks.sent.length,
    curable: world.episodes.filter(isCurable).length,
    cured: world.episodes.filter((episode) => isCurable(episode) && episode.isCured === true).length,
    resumed: custody.resumed,
    endedWithHolder: custody.orphans.length,
    violations: [...found.values()],
    errors: log.errors,
    story: (about) =>
      [
        ...journal.entries
          .filter((entry) => entry.run === about || entry.incident === about || entry.data['fingerprint'] === about)
          .map((entry) => `${stamp(entry.at)} journal ${entry.type} ${JSON.stringify(entry.data)}`),
        ...world.effects
          .filter(({ sender }) => sender?.run === about)
          .map((effect) => `${stamp(effect.at)} target  ${JSON.stringify(effect)}`),
        ...log.linesAbout(about).map(({ at, pid, text }) => `${stamp(at)} process ${pid} ${text}`),
      ].toSorted(),
  };
}

const settlingLimit = 60_000;

async function play(round: Round, { teller, strikes }: { teller: Storyteller; strikes: Strikes }): Promise<void> {
  if (round.disturbance !== undefined) strikes.disturb(round.disturbance);
  for (const story of round.stories) teller.begin(story);
  await strikes.kill(round.kill);
}

/** What is known for sure: the journal is read in order, so what is older than its newest entry is complete. */
function evidenceOf(
  { world, webhooks, journal, person }: { world: World; webhooks: Webhooks; journal: JournalReader; person: Person },
  end: { runs: readonly RunAnswer[] } | undefined,
): Evidence {
  const now = end === undefined ? (journal.entries.at(-1)?.at ?? 0) - 1 : Date.now();
  return {
    effects: world.effects.filter(({ at }) => at <= now),
    episodes: world.episodes,
    pages: world.pages,
    webhooks: webhooks.sent,
    journal: [...journal.entries],
    acknowledged: person.acknowledged,
    promises,
    now,
    ...end,
  };
}

/** Waits until every run has ended, at most so long, and gives them all in full. */
async function drained(url: string): Promise<readonly RunAnswer[]> {
  const api = new ApiClient(url);
  const all = async (): Promise<RunAnswer[]> => {
    const runs: RunAnswer[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: { runs: RunAnswer[]; next: string | null } = await api.get(`/api/v1/runs?limit=500${query}`);
      runs.push(...page.runs);
      cursor = page.next;
    }
    return runs;
  };
  const isOver = async (): Promise<boolean> => (await all()).every(({ phase }) => isEnd(phase));
  await waitUntil(isOver, { timeoutMs: drainLimit, intervalMs: 300, describe: 'every run to end' }).catch(() => undefined);
  const full: RunAnswer[] = [];
  for (const { id } of await all()) full.push(await api.get<RunAnswer>(`/api/v1/runs/${id}`));
  return full;
}

function writeRules(folder: string): void {
  mkdirSync(join(folder, 'rules'));
  mkdirSync(join(folder, 'remediations'));
  writeFileSync(join(folder, 'rules', 'chaos.yaml'), ruleFile);
  for (const [name, text] of Object.entries(remediationFiles)) writeFileSync(join(folder, 'remediations', name), text);
}

function describe({ stories: told, kill, disturbance }: Round): string {
  const things = [
    ...told.map(({ kind }) => kind),
    JSON.stringify(kill),
    ...(disturbance === undefined ? [] : [JSON.stringify(disturbance)]),
  ];
  return things.join(', ');
}

function isCurable({ cure, isBlind }: Episode): boolean {
  return !isBlind && cure !== 'time' && cure !== 'nothing';
}

function stamp(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}
