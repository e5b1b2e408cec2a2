import type { Alert } from '../../alert/alert.ts';
import type { IntakeBatch, IntakeEntry, IntakeOutcome, IntakeOutcomeOf, IntakeResult, Store } from '../../ports/store.ts';
import { refusedAge } from '../store-limits.ts';
import type { Constants, Scripts } from './script.ts';

const outcomes: Readonly<Record<string, IntakeOutcome>> = {
  o: 'opened',
  j: 'joined',
  f: 'refreshed',
  a: 'ambiguous',
  r: 'resolved',
  t: 'tombstoned',
  u: 'unknown',
};

/** What Redis may need for one alert of a big message, beyond the time any question gets, ms. */
const extraMsPerAlert = 0.4;
const ordinaryBatch = 500;
/** Fingerprints looked at in one step. */
const absentChunk = 1000;

export function intakePart(scripts: Scripts, constants: Constants): Pick<Store, 'intake' | 'resolveAbsent' | 'toldOf' | 'receivers'> {
  return {
    async intake(batch): Promise<IntakeResult> {
      const size = batch.entries.length + batch.unmatched.length;
      const reply = await scripts.run('intake', {
        args: intakeArguments(batch),
        extraMs: size > ordinaryBatch ? size * extraMsPerAlert : 0,
      });
      const [time, ...answers] = reply as [number, ...string[]];
      return { time, outcomes: answers.map(readOutcome) };
    },

    async resolveAbsent(source, firing, asOf) {
      const listed = await scripts.link.ask((client) => client.zrangebyscore(`${scripts.prefix}firing:${source}`, '-inf', `(${asOf}`));
      const isFiring = new Set(firing);
      const absent = listed.filter((fingerprint) => !isFiring.has(fingerprint));
      const changed = new Set<string>();
      for (let start = 0; start < absent.length; start += absentChunk) {
        const args = [source, asOf, constants['ABSENT_TOMBSTONE'] ?? 0, ...absent.slice(start, start + absentChunk)];
        for (const incident of (await scripts.run('resolve-absent', { args })) as string[]) changed.add(incident);
      }
      const refused = `${scripts.prefix}refused:${source}`;
      const heard = await scripts.link.ask((client) =>
        Promise.all([
          client.zrange(`${scripts.prefix}firing:${source}`, '0', '-1'),
          client.zrangebyscore(refused, `(${asOf - refusedAge}`, '+inf'),
          client.zremrangebyscore(refused, '-inf', asOf - refusedAge),
        ]),
      );
      const known = new Set([...heard[0], ...heard[1]]);
      return { changed: [...changed], unheard: firing.filter((fingerprint) => !known.has(fingerprint)) };
    },

    async toldOf(source, fingerprints) {
      if (fingerprints.length === 0) return new Set();
      const keys = fingerprints.map((fingerprint) => `${scripts.prefix}alert:${source}/${fingerprint}`);
      const states = await scripts.link.ask((client) => client.mget(...keys));
      return new Set(fingerprints.filter((_fingerprint, index) => typeof states[index] === 'string'));
    },

    receivers: (source) => scripts.link.ask((client) => client.smembers(`${scripts.prefix}receivers:${source}`)),
  };
}

function readOutcome(answer: string): IntakeOutcomeOf {
  const outcome = outcomes[answer[0] ?? ''];
  if (outcome === undefined) throw new RangeError(`intake answered ${JSON.stringify(answer)}`);
  return { outcome, needsRun: answer[1] === '1', ...(answer.length > 2 ? { incident: answer.slice(2) } : {}) };
}

/** In the order `intake.lua` reads them. */
function intakeArguments({
  source,
  receivedAt,
  tombstone,
  notification,
  entries,
  unmatched,
  keep,
  receiver,
}: IntakeBatch): (string | number)[] {
  const args: (string | number)[] = [source, receivedAt, tombstone, notification];
  if (keep === undefined) args.push('', '', '0');
  else
    args.push(
      JSON.stringify(keep.body),
      keep.bytes,
      new Set([...entries.map(({ alert }) => alert), ...unmatched].map(({ fingerprint }) => fingerprint)).size,
    );
  args.push(entries.length, unmatched.length);
  for (const entry of entries) pushEntry(args, entry);
  for (const alert of unmatched) args.push(...alertState(alert), alert.status === 'resolved' ? JSON.stringify(alert) : '');
  args.push(receiver ?? '');
  return args;
}

function pushEntry(args: (string | number)[], { alert, rule, subject, params, flap, newIncident, confirmed }: IntakeEntry): void {
  args.push(...alertState(alert), JSON.stringify(alert), rule, subject, params, flap, newIncident, confirmed === true ? '1' : '');
}

function alertState({ fingerprint, status, startsAt, endsAt }: Alert): [string, string, number, number | string] {
  return [fingerprint, status === 'firing' ? 'f' : 'r', startsAt, endsAt ?? ''];
}
