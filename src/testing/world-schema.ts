import { z } from 'zod';
import { DurationText } from '../rule/rule-file.ts';
import { parseQuantity } from '../value/quantity.ts';

const Labels = z.record(z.string(), z.string());
const Cel = z.string().min(1);

/** Small integers and texts as they come in YAML. */
const Setting = z.union([z.string(), z.number(), z.boolean()]);

const AlertText = z.strictObject({
  labels: Labels.describe('Its labels, `alertname` among them; those that the source adds may be left out.'),
  annotations: Labels.optional(),
  source: z.string().optional().describe('The source that sends it; the only one, or the first, unless told.'),
  count: z.int().min(1).max(1000).optional().describe('So many like it; `{n}` in a label or annotation is the number of each, from 1.'),
  repeat: DurationText.optional().describe('It is sent again so often while it fires, as `repeat_interval` has it; never unless told.'),
});
export type AlertText = z.infer<typeof AlertText>;

const SeriesValue = z.union([z.number(), z.null()]);
const Metric = z
  .union([
    z.number(),
    z.null(),
    z.string(),
    z.strictObject({ cel: Cel }),
    z.strictObject({ error: z.string() }),
    z.array(
      z.union([
        z.tuple([DurationText, SeriesValue]),
        z.strictObject({ labels: Labels, value: z.union([SeriesValue, z.strictObject({ cel: Cel })]) }),
      ]),
    ),
  ])
  .describe(
    'A number; null for no data; values at intervals in promtool’s notation; `[at, value]` pairs; `{ cel }` over the world; `{ error }`; or several series, each with labels and a value.',
  );
export type Metric = z.infer<typeof Metric>;

const HttpAnswer = z.strictObject({
  when: Cel.optional().describe('CEL over the world; the first answer whose condition holds is given.'),
  status: z.int().min(100).max(599).optional().describe('200 unless told.'),
  json: z.unknown().optional(),
  text: z.string().optional(),
  headers: Labels.optional(),
  set: z.record(z.string(), z.json()).optional().describe('What becomes of `state` when this answer is given.'),
  never: z.literal(true).optional().describe('There is no answer.'),
});
export type HttpAnswer = z.infer<typeof HttpAnswer>;

const requestText = /^(GET|HEAD|POST|PUT|PATCH|DELETE) \/\S*$/;
const Http = z.record(
  z.string(),
  z.record(
    z.string().regex(requestText, { error: 'expected a method and a path, such as GET /health' }),
    z.union([HttpAnswer, z.array(HttpAnswer).min(1)]),
  ),
);
export type HttpText = z.infer<typeof Http>;

const Stream = z.strictObject({
  length: z.int().min(0).optional().describe('Entries; as many as are pending unless told.'),
  groups: z.record(
    z.string(),
    z.strictObject({ pending: z.int().min(0), lag: z.int().min(0).nullable().optional(), consumers: z.int().min(0).optional() }),
  ),
});
const RedisText = z.strictObject({
  config: z.record(z.string(), Setting).optional().describe('What CONFIG GET answers; CONFIG SET changes it.'),
  info: z.record(z.string(), Setting).optional().describe('Fields of INFO.'),
  keys: z.int().min(0).optional().describe('What DBSIZE answers; FLUSHDB makes it 0.'),
  streams: z.record(z.string(), Stream).optional(),
  nodes: z.array(z.string()).min(1).optional().describe('Addresses of its masters; one unless told.'),
  commands: z
    .array(z.strictObject({ command: z.string(), converges: z.boolean().optional(), answer: z.json().optional() }))
    .optional()
    .describe('Further commands that may be sent, as `commands` in fixpoint.yaml allows them, and what they answer.'),
  down: z.boolean().optional(),
});
export type RedisText = z.infer<typeof RedisText>;

const Session = z.strictObject({
  state: z.enum(['active', 'idle', 'idle in transaction', 'idle in transaction (aborted)']),
  application: z.string().optional(),
  user: z.string().optional(),
  for: DurationText.describe('How long it has been in this state when it appears.'),
  query: z.string().optional(),
  count: z.int().min(1).max(1000).optional().describe('So many like it.'),
  superuser: z.boolean().optional(),
});
const PostgresText = z.strictObject({
  settings: z.record(z.string(), Setting).optional().describe('Such as max_connections.'),
  sessions: z.array(Session).optional(),
  tables: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[^.]+\.[^.]+$/, { error: 'expected schema.table' }),
        dead: z.int().min(0),
        live: z.int().min(0).optional(),
      }),
    )
    .optional()
    .describe('VACUUM takes their dead rows away.'),
  standby: z.strictObject({ lagSeconds: z.number() }).optional().describe('It is a standby.'),
  standbys: z
    .array(
      z.strictObject({
        name: z.string(),
        address: z.string().optional(),
        lagSeconds: z.number().optional(),
        lagBytes: z.number().optional(),
        state: z.string().optional(),
      }),
    )
    .optional(),
  queries: z
    .record(z.string(), z.array(z.record(z.string(), z.json())))
    .optional()
    .describe('The rows of queries that rules send, by their text.'),
  down: z.boolean().optional(),
});
export type PostgresText = z.infer<typeof PostgresText>;

const Amount = z.union([
  z.number(),
  z.string().refine((text) => parseQuantity(text) !== undefined, { error: 'expected a quantity such as 500m or 2Gi' }),
]);
const PodText = z.strictObject({
  name: z.string().describe('Pods whose names begin so.'),
  namespace: z.string().optional(),
  outcome: z
    .enum(['ready', 'unready', 'image-missing', 'crash', 'runs-on'])
    .optional()
    .describe('What becomes of them when they start; pods of Jobs end by themselves unless they run on.'),
  log: z.string().optional(),
  usage: z.strictObject({ cpu: Amount, memory: Amount }).optional(),
  exec: z
    .array(
      z.strictObject({
        command: z.string().describe('Its first words.'),
        exitCode: z.int().min(0).max(255).optional(),
        stdout: z.string().optional(),
        stderr: z.string().optional(),
        set: z.record(z.string(), z.json()).optional().describe('What becomes of `state`.'),
      }),
    )
    .optional()
    .describe('What commands in them answer.'),
});
export type PodText = z.infer<typeof PodText>;

/** What a test says of the world; each key may stand for the whole file, and again in a test, which adds to it. */
export const worldShape = {
  alerts: z.record(z.string(), AlertText).optional().describe('Alerts by names of your own.'),
  metrics: z
    .record(z.string(), Metric)
    .optional()
    .describe('What Prometheus has: by selector with plain labels, a series; by any other text, the answer to exactly that query.'),
  http: Http.optional().describe('What the HTTP services answer: by connection, by method and path.'),
  pods: z.array(PodText).optional().describe('How pods behave.'),
  redis: z.record(z.string(), RedisText).optional().describe('Redis deployments, by connection.'),
  postgres: z.record(z.string(), PostgresText).optional().describe('PostgreSQL databases, by connection.'),
  state: z.record(z.string(), z.json()).optional().describe('Variables of your own, `state.<name>` in CEL.'),
} as const;

/** An object of Kubernetes by its name. */
export const ObjectName = z.strictObject({
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
});

/** As it would be given to kubectl. */
export const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
