import { z } from 'zod';
import { ConfigFile } from '../config/schema.ts';
import { DurationText } from '../rule/rule-file.ts';
import { Expectation } from './expectation-schema.ts';
import { Manifest, ObjectName, worldShape } from './world-schema.ts';

const Names = z.union([z.string(), z.array(z.string()).min(1)]);

const PersonalAct = z.strictObject({
  rule: z.string().optional().describe('The newest run of this rule that it fits; of any rule unless told.'),
  kind: z.enum(['remediation', 'undo']).optional().describe('remediation unless told.'),
  by: z.string().min(1),
  role: z.enum(['operator', 'admin']).optional().describe('admin unless told.'),
  reason: z.string().optional(),
  refused: z.string().optional().describe('It is refused, and this is a part of why.'),
});
export type PersonalAct = z.infer<typeof PersonalAct>;

const PauseText = z.strictObject({
  scope: z
    .union([z.literal('global'), z.strictObject({ kind: z.enum(['rule', 'namespace', 'source', 'target']), name: z.string() })])
    .optional()
    .describe('global unless told.'),
  by: z.string().min(1),
  reason: z.string().min(1),
  for: DurationText.optional(),
});

const ApiFault = z
  .strictObject({
    request: z.string().describe('A regular expression on `METHOD /path`.'),
    status: z.union([z.literal([401, 403, 404, 409, 422, 429, 500, 503])]).optional(),
    retryAfter: DurationText.optional(),
    never: z.literal(true).optional().describe('There is no answer.'),
    applied: z.boolean().optional().describe('Whether a request without an answer has its effect all the same.'),
    cut: z.literal(true).optional().describe('The answer breaks off after the effect.'),
    times: z.int().min(1).optional().describe('All such requests unless told.'),
  })
  .refine(({ status, never, cut }) => [status, never, cut].filter((one) => one !== undefined).length === 1, {
    error: 'expected one of status, never and cut',
  });
export type ApiFault = z.infer<typeof ApiFault>;

/** What happens at one moment; several things happen in the order of this list. */
export const Happening = z
  .strictObject({
    at: DurationText.describe('After the start of the test.'),
    state: worldShape.state,
    metrics: worldShape.metrics,
    http: worldShape.http,
    pods: worldShape.pods,
    redis: worldShape.redis,
    postgres: worldShape.postgres,
    create: z.array(Manifest).optional().describe('Objects that somebody makes.'),
    change: z
      .array(ObjectName.extend({ merge: z.record(z.string(), z.unknown()) }))
      .optional()
      .describe('Objects that somebody else changes, by a merge patch.'),
    delete: z.array(ObjectName).optional(),
    ill: z
      .union([z.string(), z.strictObject({ fault: z.string(), labels: z.record(z.string(), z.string()).optional() })])
      .optional()
      .describe('The simulated platform gets this fault.'),
    heal: z.literal(true).optional().describe('The simulated platform has no fault any more.'),
    clusterFails: z.array(ApiFault).optional().describe('Requests to the Kubernetes API that fail from now on.'),
    clusterWorks: z.literal(true).optional(),
    down: Names.optional().describe('alertmanager, prometheus, or HTTP connections that no longer answer.'),
    up: Names.optional(),
    pause: PauseText.optional(),
    resume: z
      .strictObject({ by: z.string().min(1) })
      .optional()
      .describe('All pauses are lifted.'),
    restart: z.literal(true).optional().describe('Fixpoint stops and starts again, on the same stores.'),
    fire: Names.optional().describe('Alerts that begin to fire; one notification tells of all of them.'),
    resend: Names.optional().describe('Alerts that are told again, firing or resolved as they are, each in a notification of its own.'),
    resolve: Names.optional(),
    delivered: z.literal(false).optional().describe('The source knows of what fires and resolves here; no notification says so.'),
    deliver: z
      .strictObject({ firing: Names.optional(), resolved: Names.optional() })
      .optional()
      .describe('A notification that says this, whatever the source knows: late, lost before, out of order.'),
    silence: Names.optional().describe('Alerts that somebody silences in Alertmanager.'),
    unsilence: Names.optional(),
    approve: PersonalAct.optional(),
    deny: PersonalAct.optional(),
    cancel: PersonalAct.optional(),
    acknowledge: PersonalAct.optional(),
    undo: PersonalAct.optional(),
    restore: z
      .strictObject({ rule: z.string(), by: z.string().min(1), reason: z.string().optional() })
      .optional()
      .describe('A rule that its failures have demoted gets its mode back.'),
    expect: Expectation.optional().describe('What is so at this moment; what is not named is not looked at.'),
  })
  .refine((happening) => Object.keys(happening).length > 1, { error: 'nothing happens here' });
export type Happening = z.infer<typeof Happening>;

export const TestText = z.strictObject({
  name: z.string().min(1),
  ...worldShape,
  objects: z.array(Manifest).optional(),
  start: z.iso.datetime({ offset: true }).optional(),
  timeline: z.array(Happening),
  until: DurationText.optional().describe('How long it goes on; an hour after the last thing that happens unless told.'),
  expect: Expectation.describe('What is so at the end, and nothing else.'),
});
export type TestText = z.infer<typeof TestText>;

/** A file of tests. */
export const TestFile = z.strictObject({
  rules: Names.optional().describe('Rule files or folders, from this file; the folder above `tests` unless told.'),
  remediations: Names.optional().describe('Remediation files or folders; the folder `remediations` beside that of the rules unless told.'),
  config: z
    .union([z.string(), ConfigFile.meta({ title: 'configuration' })])
    .optional()
    .describe('A configuration, as a file or written out as in fixpoint.yaml: limits, sources, connections. Secrets are stood in for.'),
  platform: z
    .string()
    .optional()
    .describe('A simulated platform: its objects are there, its services answer and it has its metrics; its alerts get its labels.'),
  start: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('The time at which tests start; 2026-01-05T09:00:00Z, a Monday, unless told.'),
  interval: DurationText.optional().describe('Between values in promtool’s notation; 1m unless told.'),
  ...worldShape,
  objects: z.array(Manifest).optional().describe('Objects of Kubernetes that are there at the start.'),
  tests: z.array(z.unknown()),
});
export type TestFile = z.infer<typeof TestFile>;

/** For editors: all of it in one. */
export const WholeTestFile = TestFile.extend({ tests: z.array(TestText) });
