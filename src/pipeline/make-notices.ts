import { codeOf } from '../errors.ts';
import type { Channel } from '../ports/channel.ts';
import type { OutboxMessage, QueuedNotice } from '../ports/people-store.ts';
import type { JournalRecord } from '../run/journal-entry.ts';
import type { Run } from '../run/run.ts';
import type { NoticeKind } from '../value/notice-kind.ts';
import type { Engine } from './engine.ts';
import { aboutRun } from './escalation.ts';
import { kindsFor, noticeKindsOf } from './notice-kinds.ts';
import { noticeText, noticeTextWithoutRun } from './notice-text.ts';
import { readableChanges } from './readable-changes.ts';

/** A channel and what it is told of. */
export interface NoticeChannel {
  readonly channel: Channel;
  readonly on: ReadonlySet<string>;
  /** Only of these rules; absent = of all. */
  readonly rules?: ReadonlySet<string>;
}

const atOnce = 200;

/** What happened longer ago than this, while nobody was there to tell of it, is not told any more, ms. */
const oldest = 3_600_000;

/** Makes notices of what the journal has said since the last time; one worker's turn counts, others find the mark moved on. */
export async function makeNotices({ store, log }: Pick<Engine, 'store' | 'log'>, channels: readonly NoticeChannel[]): Promise<void> {
  if (channels.length === 0) return;
  for (let found = atOnce; found === atOnce;) {
    const from = await store.noticesUpTo();
    const records = await store.journal(from, atOnce);
    const last = records.at(-1);
    if (last === undefined) return;
    const now = await store.time();
    const notices: QueuedNotice[] = [];
    for (const record of records) {
      if (record.at <= now - oldest) continue;
      try {
        notices.push(...(await noticesOf({ store }, { record, channels, now })));
      } catch (error) {
        if (codeOf(error) === 'store.unavailable') throw error;
        // One entry that nobody can put into words must not keep all others from being told.
        log.error({ entry: record.id, runId: record.run, err: error }, 'no notice could be made of a journal entry');
      }
    }
    if (!(await store.queueNotices({ from, to: last.id, notices }))) return;
    found = records.length;
  }
}

interface Told {
  readonly record: JournalRecord;
  readonly channels: readonly NoticeChannel[];
  readonly now: number;
}

async function noticesOf({ store }: Pick<Engine, 'store'>, { record, channels, now }: Told): Promise<readonly QueuedNotice[]> {
  const possible = noticeKindsOf(record).filter((kind) => channels.some(({ on }) => on.has(kind)));
  if (possible.length === 0) return [];
  const run = record.run === undefined ? undefined : (await store.run(record.run))?.run;
  const kinds = kindsFor(run, possible);
  // Whoever is asked now is asked about the plan there is now; a question that is over needs no answer.
  if (kinds[0] === 'approval-asked' && run?.phase !== 'awaiting-approval') return [];
  const isAgain = kinds[0] === 'approval-asked' && run !== undefined && (await isAskedAgain({ store }, run, record));
  return channels.flatMap(({ channel, on, rules }) => {
    const kind = kinds.find((one) => on.has(one));
    if (kind === undefined || (rules !== undefined && !rules.has(record.rule ?? ''))) return [];
    const message = run === undefined ? plainNotice(kind, record) : noticeOf({ kind, record, run, isAgain, now });
    return [{ stream: `${channel.name}/${record.incident ?? ''}`, message }];
  });
}

/** Whether this rung was asked about before. */
async function isAskedAgain({ store }: Pick<Engine, 'store'>, run: Run, record: JournalRecord): Promise<boolean> {
  const questions = (await store.journalOf(run.id)).filter(({ type, data }) => type === 'approval-asked' && data['rung'] === run.rung);
  return questions.length > 1 && questions[0]?.id !== record.id;
}

function noticeOf(about: Parameters<typeof noticeText>[0]): OutboxMessage {
  const { kind, run } = about;
  return {
    ...aboutRun(run),
    key: keyOf(about),
    kind,
    severity: 'info',
    ...noticeText(about),
    changes: readableChanges(kind === 'approval-asked' ? { rungs: run.rungs.slice(run.rung, run.rung + 1) } : run),
  };
}

/** Rungs after the first start nothing new, and one question may be written down more than once. */
function keyOf({ kind, record, run }: Pick<Parameters<typeof noticeText>[0], 'kind' | 'record' | 'run'>): string {
  if (kind === 'run-started') return `${kind}/${run.id}`;
  if (kind === 'approval-asked') return `${kind}/${run.id}/${run.approval?.askedAt ?? record.id}`;
  return `${kind}/${run.id}/${record.id}`;
}

function plainNotice(kind: NoticeKind, record: JournalRecord): OutboxMessage {
  const rule = record.rule ?? '';
  const labels: OutboxMessage['labels'] = rule === '' ? {} : { rule };
  return {
    incident: '',
    run: '',
    rule,
    subject: '',
    labels,
    key: `${kind}/${record.id}`,
    kind,
    severity: 'info',
    ...noticeTextWithoutRun(record),
    changes: [],
  };
}
