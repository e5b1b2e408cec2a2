import { z } from 'zod';
import { DurationText } from '../rule/rule-file.ts';
import { modes } from '../rule/mode.ts';
import { phases } from '../run/phase.ts';
import { ObjectName } from './world-schema.ts';

const Contains = z.string();

export const ExpectedChange = z.strictObject({
  target: Contains.optional().describe('The end of the target’s name, or all of it.'),
  what: z.string().optional(),
  from: z.json().optional(),
  to: z.json().optional(),
});
export type ExpectedChange = z.infer<typeof ExpectedChange>;

const ExpectedVerdict = z.strictObject({
  check: z.string(),
  verdict: z.enum(['passed', 'failed', 'inconclusive']),
  reason: Contains.optional(),
});

const rungStates = ['skipped', 'planned', 'applying', 'settling', 'verifying', 'succeeded', 'failed', 'pending'] as const;

export const ExpectedRung = z.strictObject({
  remediation: z.string(),
  state: z.enum(rungStates).optional().describe('`skipped`: there was nothing to change.'),
  reason: Contains.optional(),
  changes: z
    .array(ExpectedChange)
    .optional()
    .describe('All changes, in order; absent = none may have been applied, and what was only planned is not looked at.'),
  verdicts: z.array(ExpectedVerdict).optional().describe('These are among the last verdicts.'),
});
export type ExpectedRung = z.infer<typeof ExpectedRung>;

const ExpectedDecision = z.strictObject({
  guard: z.string(),
  decision: z.enum(['allow', 'deny', 'defer', 'needs-approval', 'supersede']).optional(),
  reason: Contains.optional().describe('A part of the reason.'),
});

export const ExpectedRun = z.strictObject({
  rule: z.string(),
  kind: z.enum(['remediation', 'undo']).optional(),
  attempt: z.int().optional(),
  subject: Contains.optional(),
  mode: z.enum(modes).optional(),
  phase: z.enum(phases).optional(),
  reason: Contains.optional(),
  recurred: z.boolean().optional().describe('Whether the alert came back after it had succeeded.'),
  begins: DurationText.optional().describe('When it was made, after the start of the test; to the second.'),
  ends: DurationText.optional().describe('When it ended, to the second.'),
  endsBefore: DurationText.optional(),
  rungs: z.array(ExpectedRung).optional().describe('All that were tried, in order.'),
  changes: z.array(ExpectedChange).optional().describe('All changes of all rungs that were applied, in order; instead of rungs.'),
  decisions: z.array(ExpectedDecision).optional().describe('These are among the answers of the guards.'),
});
export type ExpectedRun = z.infer<typeof ExpectedRun>;

const ExpectedCall = z.strictObject({
  title: Contains.optional(),
  reason: Contains.optional(),
  rule: z.string().optional(),
  severity: z.string().optional(),
  at: DurationText.optional().describe('When it was made, to the second.'),
  handled: z.boolean().optional().describe('Whether it was taken back by the end.'),
});

const ExpectedNotice = z.strictObject({
  kind: z.string(),
  title: Contains.optional(),
  reason: Contains.optional(),
  rule: z.string().optional(),
});

const ExpectedObject = ObjectName.extend({
  has: z.unknown().optional().describe('What it has, among other things.'),
  absent: z.literal(true).optional(),
});

export const Expectation = z.strictObject({
  runs: z.array(ExpectedRun).optional().describe('All runs in order of their making; none unless told.'),
  calls: z.array(ExpectedCall).optional().describe('All calls to a person, in order; none unless told.'),
  notices: z.array(ExpectedNotice).optional().describe('All notices to the channels under `notices`; not looked at unless told.'),
  objects: z.array(ExpectedObject).optional().describe('Objects of Kubernetes.'),
  requests: z
    .array(z.string())
    .optional()
    .describe(
      'All requests that change something, in order, as `PATCH kubernetes /apis/…`, `POST guardrail-server /…`, `SEND redis/cache CONFIG SET …`; not looked at unless told.',
    ),
  state: z.record(z.string(), z.json()).optional(),
  holds: z.array(z.string()).optional().describe('CEL over the world; each is true.'),
  refused: z
    .array(Contains)
    .optional()
    .describe('Alerts that a rule matched and could not handle: a part of each reason; none unless told.'),
});
export type Expectation = z.infer<typeof Expectation>;
