import type { Point } from '../kill-points.ts';

/** How a process is made: all of it on the command line, as JSON. */
export interface ProcessOrders {
  readonly role: 'api' | 'worker';
  readonly folder: string;
  readonly config: string;
  /** Of run records; a worker leaves those of a higher one alone. */
  readonly version: number;
  /** Ms by which its clock is wrong. */
  readonly clockOffset: number;
  readonly sabotage: Sabotage;
}

export const sabotages = [
  'none',
  'no-fence',
  'no-intent',
  'early-unlock',
  'guard-skipped',
  'no-evidence',
  'no-protection',
  'repeat-once',
  'early-answer',
] as const;
export type Sabotage = (typeof sabotages)[number];

/** Each sabotage with the invariants that have to notice it. */
export const noticedBy: Readonly<Record<Sabotage, readonly string[]>> = {
  'none': [],
  'no-fence': ['I6'],
  'no-intent': ['I5'],
  'early-unlock': ['I2'],
  'guard-skipped': ['I3'],
  'no-evidence': ['I7', 'I8'],
  'no-protection': ['I8'],
  'repeat-once': ['I4'],
  'early-answer': ['I1'],
};

export type Moment = 'before' | 'during' | 'after';

/** Where a process is to strike itself, once; `id` names it in what is said and told about it. */
export interface Arm {
  readonly id: number;
  readonly point: Point;
  readonly moment: Moment;
  /** The how manyth call. */
  readonly nth: number;
  readonly act: 'kill' | 'freeze';
}

/** What a process is told by a message. */
export type Command = { readonly command: 'arm'; readonly arm: Arm } | { readonly command: 'disarm'; readonly id: number };

/** What a process says, one JSON line each, written before it goes on. `at` in ms since the epoch. */
export type Said =
  | { readonly said: 'ready'; readonly at: number }
  | { readonly said: 'claimed' | 'left'; readonly run: string; readonly at: number }
  | { readonly said: 'struck'; readonly arm: Arm; readonly at: number };
