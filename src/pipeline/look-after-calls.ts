import { messageOf } from '../errors.ts';
import type { Channel } from '../ports/channel.ts';
import type { CallSettlement, OpenCall, OutboxMessage } from '../ports/people-store.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import type { Duration } from '../value/duration.ts';
import { backOff } from './back-off.ts';
import { levelsOf } from './call-levels.ts';
import type { Engine } from './engine.ts';
import { sendTimeout, sendTo } from './send-to.ts';

/** What calls are made with. */
export interface Callers extends Pick<Engine, 'store' | 'clock' | 'metrics' | 'log'> {
  /** Tried in order. */
  readonly channels: readonly Channel[];
  readonly publicUrl?: string | undefined;
  readonly rhythm?: CallRhythm;
}

/** A call that stands in a channel which forgets is made again every `every`, and ends by itself `keptFor` after the last time. */
export interface CallRhythm {
  readonly every: Duration;
  readonly keptFor: Duration;
}

const usualRhythm: CallRhythm = { every: 60_000, keptFor: 300_000 };
const firstRetry = 2000;
const atOnce = 50;

/** A call about what is closed is open until somebody acknowledges it, but not for ever, ms. */
const longest = 30 * 86_400_000;

/** One that is about no run can be acknowledged by nobody, ms. */
const longestWithoutRun = 4 * 3_600_000;

/** Alertmanager keeps an alert whose end is still to come by its own clock, which may be so far behind ours, ms. */
const clockDifference = 10_000;

/** After so many failures in a row, about a day of them, a call is given up; the word that it is handled much sooner. */
const mostTries = { call: 1440, handled: 20 };

/**
 * Makes calls that are due, keeps open ones alive and takes handled ones back. Runs never wait for it. What is cut off is done again,
 * so that a channel may hear twice of one call, and not never.
 */
export async function lookAfterCalls(callers: Callers): Promise<void> {
  const hold = sendTimeout * (callers.channels.length + 1) + 5000;
  const calls = await callers.store.takeCalls(atOnce, hold);
  await Promise.all(
    calls.map(async (call) => {
      const settlement = call.handled === undefined ? await keep(callers, call) : await end(callers, call, call.handled);
      await callers.store.settleCall(call, settlement);
    }),
  );
}

/** The first channel that takes it has it; one that forgets is told again, and only if that fails the next is called. */
async function keep(callers: Callers, call: OpenCall): Promise<CallSettlement> {
  const { every, keptFor } = callers.rhythm ?? usualRhythm;
  const failures: string[] = [];
  if (call.time - call.at > (call.message.run === '' ? longestWithoutRun : longest))
    return { tries: 0, taken: [], entries: [dropped(callers, call, 'nobody has acknowledged it for too long')] };
  const taken = new Set(call.taken);
  const entries: JournalEntry[] = [];
  for (const channel of callers.channels) {
    try {
      for (const level of levelsOf(call)) {
        const mark = level.markIn(channel.name);
        const isTaken = taken.has(mark);
        if (isTaken && !channel.isKept) continue;
        await sendTo(callers, channel, { message: level.addressed(call.message), startsAt: call.at, endsAt: call.time + keptFor });
        if (isTaken) continue;
        taken.add(mark);
        callers.metrics.escalation(call.message.rule, 'delivered');
        const told = { channel: channel.name, ...(level.name === undefined ? {} : { level: level.name }) };
        callers.log.info({ ...about(call.message), ...told }, 'person called');
        entries.push(entryOf(call.message, 'person-called', { ...told, title: call.message.title }));
      }
      return { dueAt: call.time + every, tries: 0, taken: [...taken], entries };
    } catch (error) {
      failures.push(`${channel.name}: ${messageOf(error)}`);
    }
  }
  const reason = failures.length === 0 ? 'no escalation channel is configured' : failures.join('; ');
  return failed(callers, call, { reason, taken: [...taken], most: mostTries.call, entries });
}

/** Tells those who took the call that nobody is needed any more; one that nobody took is let go of. */
async function end(callers: Callers, call: OpenCall, reason: string): Promise<CallSettlement> {
  const { rule } = call.message;
  const message = handledMessage(call.message, reason);
  const remaining: string[] = [];
  const failures: string[] = [];
  const places = callers.channels.flatMap((channel) =>
    levelsOf(call).map((level) => ({ channel, level, mark: level.markIn(channel.name) })),
  );
  for (const { channel, level, mark } of places.filter((place) => call.taken.includes(place.mark))) {
    try {
      const endsAt = Math.max(call.at, call.time - clockDifference);
      await sendTo(callers, channel, { message: level.addressed(message), startsAt: call.at, endsAt });
    } catch (error) {
      remaining.push(mark);
      failures.push(`${channel.name}: ${messageOf(error)}`);
    }
  }
  if (remaining.length > 0) return failed(callers, call, { reason: failures.join('; '), taken: remaining, most: mostTries.handled });
  const isMade = call.taken.length > 0;
  callers.metrics.escalation(rule, isMade ? 'ended' : 'unneeded');
  callers.log.info({ ...about(call.message), reason }, isMade ? 'call ended' : 'call was not needed');
  return { tries: 0, taken: [], entries: [entryOf(call.message, 'call-ended', { reason, made: isMade })] };
}

function failed(
  { metrics, log, rhythm = usualRhythm }: Callers,
  call: OpenCall,
  { reason, taken, most, entries = [] }: { reason: string; taken: readonly string[]; most: number; entries?: readonly JournalEntry[] },
): CallSettlement {
  const tries = call.tries + 1;
  if (tries >= most) return { tries, taken, entries: [...entries, dropped({ metrics, log }, call, reason)] };
  metrics.escalation(call.message.rule, 'failed');
  log.error({ ...about(call.message), tries, reason }, 'person could not be reached, tried again');
  return { dueAt: call.time + backOff(tries, { first: firstRetry, longest: rhythm.every }), tries, taken, entries };
}

function dropped({ metrics, log }: Pick<Callers, 'metrics' | 'log'>, { message, tries }: OpenCall, reason: string): JournalEntry {
  metrics.escalation(message.rule, 'dropped');
  log.error({ ...about(message), tries, reason }, 'call given up');
  return entryOf(message, 'call-dropped', { reason });
}

function handledMessage(message: OutboxMessage, reason: string): OutboxMessage {
  return { ...message, kind: 'handled', title: `Handled: ${message.title}`, text: reason, reason };
}

function about({ incident, run, rule }: OutboxMessage): { incident: string; runId: string; rule: string } {
  return { incident, runId: run, rule };
}

function entryOf({ incident, run, rule }: OutboxMessage, type: JournalEntry['type'], data: JournalEntry['data']): JournalEntry {
  return { type, run, incident, rule, data };
}
