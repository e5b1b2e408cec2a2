import { z } from 'zod';
import { parseDuration } from '../value/duration.ts';
import { printable } from '../value/printable.ts';
import { parseRate } from '../value/rate.ts';
import { modes } from './mode.ts';

const said = (expected: string) => ({ error: (issue: { input?: unknown }) => `expected ${expected}, found ${printable(issue.input)}` });

export const DurationText = z
  .string(said('a duration such as 30s, 5m or 1h30m'))
  .refine((text) => parseDuration(text) !== undefined, said('a duration such as 30s, 5m or 1h30m'));
const RateText = z.string(said('a rate such as 4/1h')).refine((text) => parseRate(text) !== undefined, said('a rate such as 4/1h'));
const Rates = z.union([RateText, z.array(RateText)]);
const ModeName = z.enum(modes, said(`one of ${modes.join(', ')}`));
/** Modes by matchers on the alert's labels; `otherwise` where none of them matches. */
const ModeByLabels = z
  .record(z.string(), ModeName)
  .refine((written) => Object.hasOwn(written, 'otherwise'), { error: 'expected a key otherwise: the mode where no matcher matches' });

/** Names become metric labels, parts of ids and of URLs. */
export const MemberName = z
  .string()
  .regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, said('a name of lower-case letters, digits and dashes, at most 63'));
/** Names of steps; with a dash in it, expressions write `steps["a-b"]`. */
export const StepId = z
  .string()
  .regex(/^[a-zA-Z_][-a-zA-Z0-9_]{0,62}$/, said('a name of letters, digits, dashes and underscores that starts with a letter'));
/** Names that expressions use after a dot. */
export const Identifier = z
  .string()
  .regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,62}$/, said('a name of letters, digits and underscores that starts with a letter'));
export const Summary = z.string().min(1, said('a sentence')).max(500);

const params = z.record(z.string(), z.unknown());

/** `promql: {…}`, or only the name of a check that needs nothing. */
const Check = z.union([
  z.string(),
  z
    .record(z.string(), params.nullable())
    .refine((check) => Object.keys(check).length === 1, { error: 'expected one check: its name and, below it, its parameters' }),
]);

export const Verify = z.strictObject({
  within: DurationText.optional(),
  resolve: DurationText.optional(),
  checks: z.array(Check).optional(),
});

export const Values = z.record(
  Identifier,
  z.strictObject({ promql: z.string().min(1), over: z.enum(['only', 'max', 'min', 'sum']).optional(), from: z.string().optional() }),
);

const HoldWhile = z.union([
  z.string(),
  z.strictObject({
    match: z.union([z.string(), z.array(z.string()).min(1)]),
    scope: z.enum(['namespace', 'source', 'any']).optional(),
    warnAfter: DurationText.optional(),
  }),
]);

const Whole = z.int(said('a whole number')).min(1, said('at least 1')).max(100_000, said('at most 100000'));
const Percent = z.int(said('per cent as a whole number')).min(1, said('from 1 to 100')).max(100, said('from 1 to 100'));

const ConcurrencyByScope = z.strictObject({
  rule: Whole.optional(),
  source: Whole.optional(),
  namespace: Whole.optional(),
  global: Whole.optional(),
});

const Window = z
  .strictObject({
    allow: z.array(z.string()).optional(),
    freeze: z.array(z.string()).optional(),
    else: z.enum(['defer', 'drop']).optional(),
  })
  .refine(({ allow = [], freeze = [] }) => allow.length + freeze.length > 0, {
    error: 'expected allow or freeze with names of timeIntervals',
  });

const BlastRadius = z.strictObject({
  targets: Whole.max(1000, said('at most 1000')).optional(),
  window: DurationText.optional(),
  percent: Percent.optional(),
  failures: Whole.max(1000, said('at most 1000')).optional(),
  grow: z.boolean().optional(),
  fleet: z
    .strictObject({
      kind: z.string().min(1),
      namespace: z.string().optional(),
      selector: z.string().optional(),
      cluster: z.string().optional(),
    })
    .optional(),
});

const FieldValue = z.union([z.string(), z.number(), z.boolean()]);

const RequiredObject = z
  .strictObject({
    object: z.strictObject({
      kind: z.string().min(1),
      namespace: z.string().optional(),
      name: z.string().min(1),
      cluster: z.string().optional(),
      path: z.string().regex(/^(?:\/[^/]*){1,20}$/, said('a JSON pointer such as /data/MAINTENANCE_MODE')),
    }),
    is: FieldValue.optional(),
    isNot: FieldValue.optional(),
  })
  .refine(({ is, isNot }) => (is === undefined) !== (isNot === undefined), { error: 'expected one of is and isNot' });

const Requirement = z.union([z.string(), z.strictObject({ promql: z.string().min(1), from: z.string().optional() }), RequiredObject]);
export type Requirement = z.infer<typeof Requirement>;

export const Guards = z.strictObject({
  cooldown: DurationText.optional(),
  rate: z
    .union([
      RateText,
      z.array(RateText),
      z.strictObject({ rule: Rates.optional(), target: Rates.optional(), namespace: Rates.optional(), global: Rates.optional() }),
    ])
    .optional(),
  attempts: z.int(said('a whole number of runs')).min(1, said('at least 1')).max(1000, said('at most 1000')).optional(),
  holdWhile: z.array(HoldWhile).optional(),
  maxAge: DurationText.optional(),
  approval: z
    .strictObject({ expires: DurationText.optional(), role: z.enum(['operator', 'admin']).optional(), fourEyes: z.boolean().optional() })
    .optional(),
  window: Window.optional(),
  concurrency: z.union([Whole, ConcurrencyByScope]).optional(),
  recurrence: Rates.optional(),
  failureBudget: RateText.optional(),
  blastRadius: BlastRadius.optional(),
  requires: z.array(Requirement).optional(),
});

export const Rung = z.strictObject({
  remediation: z.string(),
  with: params.optional(),
  mode: ModeName.optional(),
  verify: Verify.optional(),
  undo: z.strictObject({ when: z.enum(['failed', 'resolved', 'never']), after: DurationText.optional() }).optional(),
  onError: z.enum(['climb', 'stop'], said('climb or stop')).optional(),
  timeout: DurationText.optional(),
});

/** One rule as written. */
export const Rule = z.strictObject({
  name: MemberName,
  summary: Summary,
  match: z.union([z.string(), z.array(z.string()).min(1, said('at least one matcher'))]),
  when: z.string().optional(),
  subject: z.string().optional(),
  mode: z.union([ModeByLabels, ModeName]).optional(),
  continue: z.boolean().optional(),
  values: Values.optional(),
  ladder: z.array(Rung).min(1, said('at least one rung')),
  guards: Guards.optional(),
  verify: Verify.optional(),
  flap: DurationText.optional(),
  silence: z.union([z.literal(true, said('true, or { for: 15m }')), z.strictObject({ for: DurationText })]).optional(),
  escalate: z
    .strictObject({
      severity: z.string().min(1).optional(),
      after: DurationText.optional(),
      evidence: z.boolean().optional(),
      order: z.array(MemberName).min(1, said('at least one name')).max(10).optional(),
      every: DurationText.optional(),
    })
    .refine(({ order, every }) => every === undefined || order !== undefined, {
      error: 'every needs order: who is called one after the other',
    })
    .optional(),
});
export type Rule = z.infer<typeof Rule>;

/** A file in `rules/`. The rules are looked at one by one, so that all problems of all of them are told. */
export const RuleFile = z.strictObject({ rules: z.array(z.unknown(), said('a list of rules')) });
