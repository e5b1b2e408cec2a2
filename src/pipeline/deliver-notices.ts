import { messageOf } from '../errors.ts';
import type { QueuedNotice } from '../ports/people-store.ts';
import { backOff } from './back-off.ts';
import type { Engine } from './engine.ts';
import type { NoticeChannel } from './make-notices.ts';
import { sendTimeout, sendTo } from './send-to.ts';

interface Tellers extends Pick<Engine, 'store' | 'clock' | 'metrics' | 'log'> {
  readonly channels: readonly NoticeChannel[];
  readonly publicUrl?: string | undefined;
}

const atOnce = 50;
const hold = sendTimeout * 2;

/** Tries of one notice, over about half an hour; then it is given up, and those behind it have their turn. */
const mostTries = 12;
const pace = { first: 5000, longest: 300_000 };

/** How long a notice stands in a channel that forgets, ms. */
const standsFor = 300_000;

/** Delivers the first notice of each incident and channel; the next one follows when it is done. */
export async function deliverNotices(tellers: Tellers): Promise<void> {
  if (tellers.channels.length === 0) return;
  const taken = await tellers.store.takeNotices(atOnce, hold);
  if (taken.length === 0) return;
  const now = await tellers.store.time();
  await Promise.all(taken.map((notice) => deliver(tellers, notice, now)));
}

async function deliver(tellers: Tellers, notice: QueuedNotice & { tries: number }, now: number): Promise<void> {
  const { store, metrics, log, channels } = tellers;
  const { message, stream, tries } = notice;
  const { kind, incident, run, rule } = message;
  const told = { kind, incident, runId: run, rule, tries };
  const found = channels.find(({ channel }) => stream.startsWith(`${channel.name}/`));
  const failure = found === undefined ? 'the channel is not configured any more' : await failureOf(tellers, found, { message, now });
  if (failure === undefined) {
    metrics.notice(kind, 'delivered');
    return await store.settleNotice(notice, { entries: [] });
  }
  const isOver = found === undefined || tries >= mostTries;
  metrics.notice(kind, isOver ? 'dropped' : 'failed');
  if (!isOver) {
    log.warn({ ...told, reason: failure }, 'notice could not be delivered, tried again');
    return await store.settleNotice(notice, { retryAt: now + backOff(tries, pace), entries: [] });
  }
  log.error({ ...told, reason: failure }, 'notice given up');
  const data = { kind, title: message.title, reason: failure, tries };
  await store.settleNotice(notice, { entries: [{ type: 'notice-dropped', ...aboutOf(notice), data }] });
}

async function failureOf(
  tellers: Tellers,
  { channel }: NoticeChannel,
  { message, now }: { message: QueuedNotice['message']; now: number },
): Promise<string | undefined> {
  try {
    await sendTo(tellers, channel, { message, startsAt: now, endsAt: now + standsFor });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function aboutOf({ message: { run, incident, rule } }: QueuedNotice): { run?: string; incident?: string; rule?: string } {
  return { ...(run === '' ? {} : { run }), ...(incident === '' ? {} : { incident }), ...(rule === '' ? {} : { rule }) };
}
