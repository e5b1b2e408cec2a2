import type { Engine } from './engine.ts';
import { finish, type Ending } from './finish.ts';
import type { Stint } from './stint.ts';

/** Ends a run that somebody or its time stops. A step that another worker began, and whose outcome nobody knows, makes it `interrupted`. */
export async function endEarly(engine: Engine, stint: Stint, ending: Ending): Promise<void> {
  const { run } = stint.held;
  const open = run.rungs[run.rung]?.steps.find(({ state }) => state === 'applying');
  if (open === undefined || (stint.admitted !== undefined && stint.inherited !== open.id)) return await finish(engine, stint, ending);
  await finish(engine, stint, {
    ...ending,
    phase: 'interrupted',
    reason: `${ending.reason}; and whether step ${open.id} was done is unknown`,
  });
}
