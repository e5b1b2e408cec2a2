import type { JournalEntry } from '../run/journal-entry.ts';
import type { Run } from '../run/run.ts';
import type { Json, JsonObject } from '../value/json.ts';

/** A record takes no more characters of the journal than about this. */
const most = 200_000;

/** How long texts may be, and how many members lists and maps may have, tried one after the other until the record fits. */
const cuts = [
  { text: 5000, members: 500 },
  { text: 500, members: 100 },
  { text: 100, members: 30 },
] as const;

/**
 * The entry that says how a run begins or ends, with its record, from which history shows the run when the store has dropped
 * it. What only the engine reads is left out, and what is very long is cut.
 */
export function recordEntry(type: 'run-created' | 'run-ended', run: Run, data: JsonObject = {}): JournalEntry {
  return { type, run: run.id, incident: run.incident, rule: run.rule, data: { ...data, record: boundedRecord(run) as unknown as Json } };
}

function boundedRecord(run: Run): Run {
  const shown = { ...run, rungs: run.rungs.map((rung) => ({ ...rung, steps: rung.steps.map(withoutIntent) })) };
  for (const cut of cuts) {
    if (JSON.stringify(shown).length <= most) return shown;
    const { alert, rungs, decisions, reason } = shown;
    Object.assign(shown, shortened({ alert, rungs, decisions, reason }, cut));
  }
  return shown;
}

function withoutIntent({ intent: _intent, inverse: _inverse, ...step }: Run['rungs'][number]['steps'][number]) {
  return step;
}

function shortened(value: unknown, cut: { readonly text: number; readonly members: number }): unknown {
  if (typeof value === 'string') return value.length > cut.text ? `${value.slice(0, cut.text)}…` : value;
  if (Array.isArray(value)) return value.slice(-cut.members).map((member) => shortened(member, cut));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).slice(0, cut.members);
  return Object.fromEntries(members.map(([name, member]) => [name, shortened(member, cut)]));
}
