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

export const sabotages = ['none', 'no-fence', 'no-intent', 'early-unlock', 'guard-skipped', 'no-evidence', 'no-protection', 'early-answer'] as const;
export type Sabotage = (typeof sabotages)[number];

/** What a process is told by a message: dies or freezes at a point, or forgets that. */
export type Command =
  | { readonly command: 'arm'; readonly point: Point; readonly moment: Moment; readonly nth: number; readonly act: 'kill' | 'freeze' }
  | { readonly command: 'disarm' };

export type Moment = 'before' | 'during' | 'after';

/** What a process says, one JSON line each, written before it goes on. `at` in ms since the epoch. */
export type Said =
  | { readonly said: 'ready'; readonly at: number }
  | { readonly said: 'claimed' | 'left'; readonly run: string; readonly at: number }
  | { readonly said: 'struck'; readonly point: Point; readonly moment: Moment; readonly act: 'kill' | 'freeze'; readonly at: number };
