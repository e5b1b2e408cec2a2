/** What becomes of a pod once it is scheduled. Pods of Jobs end: `ready` with exit code 0, `crash` with 1; `runs-on` never ends. */
export type PodOutcome = 'ready' | 'unready' | 'image-missing' | 'crash' | 'runs-on';
