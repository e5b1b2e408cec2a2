import { z } from 'zod';
import { modes } from '../rule/mode.ts';
import { parseRate } from '../value/rate.ts';
import { parseTimeInterval } from '../value/time-interval.ts';
import { Duration } from './fields.ts';

const Rates = z
  .union([z.string(), z.array(z.string())])
  .refine((rates) => [rates].flat().every((rate) => parseRate(rate) !== undefined), 'expected a rate such as 4/1h')
  .meta({ title: 'rate or list of rates' });
const Rate = z
  .string()
  .refine((text) => parseRate(text) !== undefined, 'expected a rate such as 4/1h')
  .meta({ title: 'rate' });

const RatesByScope = z.strictObject({
  rule: Rates.optional(),
  target: Rates.optional(),
  namespace: Rates.optional(),
  global: Rates.optional(),
});

const ConcurrencyByScope = z.strictObject({
  rule: z.int().min(1).optional().describe('Of one rule.'),
  source: z.int().min(1).optional().describe('Of the alerts of one source.'),
  namespace: z.int().min(1).optional().describe('In one namespace.'),
  global: z.int().min(1).optional().describe('Of all rules.'),
});

/** One entry of Alertmanager's `time_intervals`. */
export const TimeInterval = z
  .strictObject({
    times: z.array(z.strictObject({ start_time: z.string(), end_time: z.string() })).optional(),
    weekdays: z.array(z.string()).optional(),
    days_of_month: z.array(z.string()).optional(),
    months: z.array(z.string()).optional(),
    years: z.array(z.string()).optional(),
    location: z.string().optional(),
  })
  .superRefine((written, context) => {
    try {
      parseTimeInterval(written);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  })
  .meta({ title: 'time interval' });

const Storm = z.strictObject({
  subjects: z.int().min(1).default(50).describe('More different subjects that fall ill within the window are a storm.'),
  alerts: z.int().min(1).max(100_000).default(20_000).describe('The same for alerts.'),
  fleet: z.int().min(1).max(100).default(50).describe("More of a rule's fleet than this, in per cent."),
  window: Duration.default('5m').describe('The time in which they are counted.'),
  quiet: Duration.default('10m').describe('How long they have to be fewer until the storm is over.'),
});

/** `limits:`. */
export const LimitsSchema = z.strictObject({
  mode: z.enum(modes).optional().describe('No rule does more by itself than this.'),
  cooldown: z.strictObject({ min: Duration }).optional().describe('The shortest cooldown a rule may have.'),
  attempts: z
    .strictObject({ max: z.int().min(1) })
    .optional()
    .describe('The most attempts a rule may have.'),
  rate: RatesByScope.optional().describe('The highest rates a rule may have, and those that all rules together keep.'),
  concurrency: ConcurrencyByScope.optional().describe(
    'The most runs under way at once that a rule may have, and that all rules keep together.',
  ),
  recurrence: Rates.optional().describe('The most successes on one subject that a rule may ask for.'),
  failureBudget: Rate.optional().describe('The most failures a rule may have before it needs a yes.'),
  blastRadius: z
    .strictObject({
      targets: z.int().min(1).max(1000).optional().describe('Different targets of one rule.'),
      percent: z.int().min(1).max(100).optional().describe("Of a rule's fleet, if it has one."),
      window: Duration.default('1h').describe('The time in which they are counted, whatever window the rule counts in.'),
    })
    .optional()
    .describe('The widest blast radius a rule may have.'),
  storm: Storm.optional().describe('When so much is ill at once that the sensor is suspected.'),
  actions: z
    .record(z.string(), z.enum(modes))
    .optional()
    .describe('The most that an action may do by itself, by its name; `redis.flush: auto` lets it run without a yes.'),
});

/** `defaults:`. */
export const DefaultsSchema = z.strictObject({
  mode: z.enum(modes).optional().describe('plan unless told.'),
  cooldown: Duration.optional().describe('From the end of a run to the next of the same rule and subject; 15m unless told.'),
  targetCooldown: Duration.optional().describe('Cooldown of a target across rules, 30s unless told.'),
  rate: Rates.optional().describe('Runs of one rule.'),
  attempts: z.int().min(1).optional().describe('Charged runs of one incident; 3 unless told.'),
  maxAge: Duration.optional().describe('An alert received longer ago is not acted upon.'),
  concurrency: z.int().min(1).optional().describe('Runs of one rule under way at once; 10 unless told.'),
  recurrence: Rates.optional().describe('So many successes on one subject are too many; 5/1d unless told.'),
  failureBudget: Rate.optional().describe('After so many failures a rule needs a yes; 5/1d unless told.'),
  blastRadius: z
    .strictObject({
      targets: z.int().min(1).max(1000).default(10).describe('Different targets of one rule.'),
      window: Duration.default('1h').describe('The time in which they are counted.'),
      failures: z.int().min(1).max(1000).default(3).describe('Failures after which a fleet is left alone.'),
    })
    .optional()
    .describe('How far one rule reaches.'),
  within: Duration.optional().describe('How long success may take, 10m unless told.'),
  resolve: Duration.optional().describe('How long the alert may go on firing after success, 10m unless told.'),
  flap: Duration.optional().describe('How long all alerts must be resolved before the incident closes, 1m unless told.'),
  approval: Duration.optional().describe('How long a run waits for a yes, 1h unless told.'),
  quiet: Duration.optional().describe(
    'How long a pause, a window, a cooldown or a rate may keep an incident from being acted upon before a person is called, 1h unless told.',
  ),
});
