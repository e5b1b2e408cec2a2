/** What becomes of a pod once it has started: served, never ready, crashing, or its image cannot be pulled. */
export type PodOutcome = 'ready' | 'unready' | 'crash' | 'image-missing';
