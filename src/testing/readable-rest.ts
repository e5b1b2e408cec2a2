import { withoutMisfits } from '../rule/file-schema.ts';
import { Happening, TestText } from './test-file.ts';

/** Stands where a moment cannot be read, so that those after it keep their places. */
const nothing: Happening = { at: '0s', heal: true };

/** What can be read of a test that does not fit its schema, so that what is wrong beyond its shape is told with the rest. */
export function readableRest(written: unknown): TestText | undefined {
  if (typeof written !== 'object' || written === null) return undefined;
  const timeline: unknown = 'timeline' in written ? written.timeline : undefined;
  const moments = Array.isArray(timeline) ? timeline.map(readableMoment) : [];
  const readable = (test: object) => TestText.safeParse(withoutMisfits(TestText, test, { name: 'unnamed', expect: {} })).data;
  return readable({ ...written, timeline: moments }) ?? readable({ ...written, timeline: moments, expect: {} });
}

function readableMoment(written: unknown): Happening {
  return Happening.safeParse(withoutMisfits(Happening, written, { at: '0s' })).data ?? nothing;
}
