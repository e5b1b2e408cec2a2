/** How much a rule may do by itself, in growing autonomy. */
export const modes = ['observe', 'plan', 'approve', 'auto'] as const;

export type Mode = (typeof modes)[number];

/** The one with the least autonomy; `auto` where none is given. */
export function strictestMode(...given: readonly Mode[]): Mode {
  const rank = given.reduce((lowest, mode) => Math.min(lowest, modes.indexOf(mode)), modes.length - 1);
  return modes[rank] ?? 'observe';
}
