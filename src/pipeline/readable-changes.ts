import type { OutboxMessage } from '../ports/people-store.ts';
import type { Run, RungRecord } from '../run/run.ts';
import type { Json } from '../value/json.ts';
import { oneLine } from '../value/one-line.ts';
import { resolveSecretMarkers } from '../value/secret-marker.ts';

type ReadableChange = OutboxMessage['changes'][number];

const longestValue = 200;
const most = 50;

/** The changes of a run's rungs in words, bounded; a secret by its name. */
export function readableChanges({ rungs }: Pick<Run, 'rungs'>): readonly ReadableChange[] {
  const changes = rungs.flatMap((rung) =>
    rung.steps.flatMap((step) =>
      step.changes.map(({ what, from, to }) => ({
        target: oneLine(step.target ?? step.id),
        what: oneLine(what),
        from: readable(from),
        to: readable(to),
      })),
    ),
  );
  return changes.slice(0, most);
}

function readable(value: Json): string {
  return oneLine(JSON.stringify(resolveSecretMarkers(value, (name) => `[secret ${name}]`)), longestValue);
}

export function changeLine({ what, from, to }: ReadableChange): string {
  return `${what}: ${from} → ${to}`;
}

/** What a rung is to change, target by target, with what a person should know before saying yes. */
export function planLines(rung: RungRecord): readonly string[] {
  return rung.steps.flatMap((step) => {
    if (step.effect === 'read') return [];
    const changes = readableChanges({ rungs: [{ ...rung, steps: [step] }] }).map((change) => `    ${changeLine(change)}`);
    const notes = (step.notes ?? []).map((note) => `    note: ${oneLine(note)}`);
    const later = step.state === 'pending' ? [`    known only after the steps before it (${step.id}, ${step.action})`] : [];
    if (changes.length + notes.length + later.length === 0) return [];
    return [`  ${oneLine(step.target ?? step.id)}`, ...changes, ...later, ...notes];
  });
}
