import type { GameDay, GivenFault } from '../app/game-day/game-day.ts';
import type { PlayResult } from '../app/game-day/play.ts';
import { parseDuration } from '../value/duration.ts';
import { textOption, UsageError, type ExitCode, type Invocation } from './command.ts';
import { GameDayStory, lengthText, linkOf, runOf, timesOf } from './game-day-story.ts';
import { storyLines, type RunStory } from './run-story.ts';
import { speedFrom } from './serve.ts';

/** What `fixpoint sandbox` does with `--platform`: one live incident from its cause to its end. */
export async function gameDay(invocation: Invocation): Promise<ExitCode> {
  const { values, environment, print, say, isJson } = invocation;
  const given = givenFault(invocation);
  const speed = speedFrom(textOption(values, 'speed') ?? '20', true);
  const longestMs = lengthFrom(textOption(values, 'for') ?? '10m');
  const port = portFrom(textOption(values, 'listen'));
  const { playGameDay } = await import('../app/game-day/play.ts');
  const { shippedFolders } = await import('../app/game-day/shipped-files.ts');
  const interrupt = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (interrupt.signal.aborted) return;
    say(`${signal}: ending the game day`);
    interrupt.abort(new Error('interrupted'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const story = new GameDayStory();
  const told: object[] = [];
  try {
    const { isAsItShould } = await playGameDay({
      given,
      speed,
      path: environment['PATH'] ?? '',
      rules: textOption(values, 'rules') ?? shippedFolders.rules,
      remediations: textOption(values, 'remediations') ?? shippedFolders.remediations,
      isSimulated: values['simulated'] === true,
      approves: values['approve'] === true,
      longestMs,
      ...(port === undefined ? {} : { port }),
      signal: interrupt.signal,
      async tell(event, day) {
        if (isJson) told.push(event);
        else for (const line of await story.lines(event, day)) print(line);
      },
      async over(result, day) {
        const stories = await Promise.all(result.runs.map(({ id }) => runOf(day, id)));
        if (isJson) print(JSON.stringify(summary(result, { given, stories, day, told })));
        else for (const line of summaryLines(result, { given, stories, day })) print(line);
        if (values['stay'] === true) await staying(invocation, day, interrupt.signal);
      },
    });
    return isAsItShould ? 0 : 1;
  } catch (error) {
    if (interrupt.signal.aborted) return 1;
    throw error;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** `--list`: what there is to practise. */
export async function listFaults({ print, isJson }: Invocation): Promise<ExitCode> {
  const { knownFaults } = await import('../app/game-day/faults.ts');
  const faults = await knownFaults();
  if (isJson) print(JSON.stringify({ faults }));
  else {
    const width = (name: 'platform' | 'fault') => Math.max(...faults.map((fault) => fault[name].length), name.length);
    const line = (platform: string, fault: string, alerts: string) =>
      `${platform.padEnd(width('platform'))}  ${fault.padEnd(width('fault'))}  ${alerts}`;
    print(line('PLATFORM', 'FAULT', 'ALERTS'));
    for (const { platform, fault, alerts, isForPeople, isAtRealSpeed } of faults)
      print(
        line(
          platform,
          fault,
          `${alerts.join(', ')}${isForPeople ? '; only a person can help' : ''}${isAtRealSpeed ? '; with --speed 1' : ''}`,
        ),
      );
  }
  return 0;
}

interface Looked {
  readonly given: GivenFault;
  /** The runs in full, newest first. */
  readonly stories: readonly RunStory[];
  readonly day: GameDay;
}

function summary(result: PlayResult, { given, stories, day, told }: Looked & { readonly told: readonly object[] }): object {
  const { surroundings } = day;
  return {
    ...given,
    speed: surroundings.speed,
    isReal: surroundings.watchers !== undefined,
    missing: surroundings.missing,
    outcome: result.outcome ?? 'not over',
    isAsItShould: result.isAsItShould,
    milliseconds: timesOf(result, stories),
    runs: stories.map((story) => ({ link: linkOf(day, story.id), ...story })),
    events: told,
  };
}

const endings = {
  recovered: 'the platform has recovered',
  called: 'nothing helped, and a person was called',
  planned: 'rules only said what they would do: their mode is plan or observe',
  gone: 'the platform is well, and nothing was done',
} as const;

function summaryLines(result: PlayResult, { given, stories, day }: Looked): readonly string[] {
  const { speed } = day.surroundings;
  const times = timesOf(result, stories);
  const ending = result.outcome === undefined ? 'not over in the time it was given (--for)' : endings[result.outcome];
  return [
    '',
    ...stories.toReversed().flatMap((story) => [...storyLines(story), '']),
    `${result.isAsItShould ? 'As it should' : 'NOT as it should'}: ${ending}.`,
    `  fault     ${given.fault}${given.isStubborn ? ', stubborn,' : ''} on ${given.platform}`,
    `  alert     after ${lengthText(times.toAlert, speed)}`,
    `  action    after ${lengthText(times.toAction, speed)}`,
    `  ${result.outcome === 'recovered' ? 'recovery ' : 'end      '} after ${lengthText(times.toEnd, speed)}`,
    ...stories.toReversed().map((story) => `  run       ${story.id} ${story.phase}  ${linkOf(day, story.id)}`),
  ];
}

async function staying({ say }: Invocation, day: GameDay, signal: AbortSignal): Promise<void> {
  say(`${day.service.url} stays until Ctrl-C`);
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function givenFault({ values }: Invocation): GivenFault {
  const platform = textOption(values, 'platform');
  const fault = textOption(values, 'fault');
  if (platform === undefined || fault === undefined) throw new UsageError('--platform and --fault go together; --list lists them');
  const given = values['label'];
  const labels = (Array.isArray(given) ? given : []).map((text) => {
    const at = String(text).indexOf('=');
    if (at < 1) throw new UsageError(`--label is <name>=<value>, not ${String(text)}`);
    return [String(text).slice(0, at), String(text).slice(at + 1)] as const;
  });
  const isStubborn = values['stubborn'] === true || fault.endsWith('-stubborn');
  return { platform, fault: fault.replace(/-stubborn$/, ''), isStubborn, labels: Object.fromEntries(labels) };
}

function lengthFrom(text: string): number {
  const length = parseDuration(text);
  if (length === undefined || length === 0) throw new UsageError(`--for is a length of time such as 10m, not ${text}`);
  return length;
}

function portFrom(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^127\.0\.0\.1:(\d{1,5})$/.exec(text)?.[1];
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw new UsageError(`--listen is 127.0.0.1:<port> on a game day, not ${text}`);
  return Number(port);
}
