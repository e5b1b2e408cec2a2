/** Guards that may keep a run waiting without a word to anybody, for `defaults.quiet`. */
export const quietWaits: ReadonlySet<string> = new Set(['paused', 'window']);
