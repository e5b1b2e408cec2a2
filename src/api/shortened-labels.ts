import { shortened } from '../value/shortened.ts';

/** Labels, or annotations, with values that a list has room for. */
export function shortenedLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, shortened(value)]));
}
