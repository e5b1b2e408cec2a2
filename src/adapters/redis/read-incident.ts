import type { Alert } from '../../alert/alert.ts';
import type { Incident, Member } from '../../run/incident.ts';
import { byStart } from '../member-order.ts';
import type { Reply } from './script.ts';

/** What `read-incident.lua` answers: fields of the hash, full alerts by name, and the member states in the same order. */
export function readIncident(reply: Reply): Incident | undefined {
  if (reply === null) return undefined;
  const [fields, full, states] = reply as [string[], string[], (string | null)[]];
  const read = pairs(fields);
  const number = (name: string): number => Number(read[name] ?? 0);
  const optional = <K extends string>(name: K): { [key in K]?: number } =>
    read[name] === undefined ? {} : ({ [name]: Number(read[name]) } as { [key in K]: number });
  const last = read['lastRun']?.split(' ');
  return {
    id: read['id'] ?? '',
    rule: read['rule'] ?? '',
    subject: read['subject'] ?? '',
    source: read['source'] ?? '',
    state: read['state'] === 'closed' ? 'closed' : 'open',
    openedAt: number('openedAt'),
    ...optional('closedAt'),
    attempt: number('attempt'),
    ...(read['run'] === undefined ? {} : { run: read['run'] }),
    ...(last === undefined ? {} : { lastRun: { id: last[0] ?? '', phase: last[1] ?? '', at: Number(last[2]) } }),
    params: read['params'] ?? '',
    members: Object.values(pairs(full))
      .map((alert, index) => readMember(JSON.parse(alert) as Alert, states[index] ?? ''))
      .toSorted(byStart),
    firing: number('firing'),
    ...optional('closesAt'),
    seenAt: number('seenAt'),
    ...optional('escalatedAt'),
    ...optional('acknowledgedAt'),
  };
}

function readMember(alert: Alert, state: string): Member {
  const [seenAt = '0', endedAt = ''] = state.split('|');
  return { alert, seenAt: Number(seenAt), ...(endedAt === '' ? {} : { endedAt: Number(endedAt) }) };
}

function pairs(flat: readonly string[]): Record<string, string> {
  const read: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let index = 0; index + 1 < flat.length; index += 2) read[flat[index] ?? ''] = flat[index + 1] ?? '';
  return read;
}
