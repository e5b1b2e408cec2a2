import { z } from 'zod';
import { isDnsLabel } from '../value/name.ts';
import { AuthSchema, TlsSchema } from './auth-schema.ts';
import { DefaultsSchema, LimitsSchema, TimeInterval } from './bounds-schema.ts';
import { Escalation, Notice } from './channel-schema.ts';
import { CommandSchema } from './command-schema.ts';
import { Duration, LocalSecretRef, MatcherText, Name, NamespaceOrNone, Origin, SecretRef } from './fields.ts';
import { StoreSchema } from './store-schema.ts';
import { PostgresTarget, RedisTarget } from './target-schema.ts';
import { TracingSchema } from './tracing-schema.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

const PostgresAddress = z
  .url({ protocol: /^postgres(?:ql)?$/, error: 'expected an address such as postgres://fixpoint@db.example:5432/fixpoint' })
  .refine(
    (text) => (URL.parse(text)?.password ?? '') === '' && !/[?&]password=/.test(text),
    'expected an address without password; { file: … } or { env: … } names one that has it',
  )
  .meta({ title: 'address' });

const Credential = z.union([
  z.strictObject({ bearer: SecretRef.describe('A token, as http_config.authorization sends it.') }),
  z.strictObject({ basic: z.strictObject({ username: z.string().min(1), password: SecretRef }).describe('As http_config.basic_auth.') }),
]);

const Source = z.strictObject({
  credentials: z
    .array(Credential)
    .default([])
    .describe('What this Alertmanager may identify itself with; several live ones allow for rotation.'),
  evidence: z
    .enum(['api', 'prometheus', 'receipt'])
    .default('receipt')
    .describe(
      'How we know that an alert still fires: ask its Alertmanager, ask its Prometheus, or trust a recent notification (first attempt only).',
    ),
  alertmanager: Origin.optional().describe('Its API, for evidence: api.'),
  prometheus: z.string().min(1).optional().describe('Its Prometheus: an address, or a name under prometheus.'),
  namespaces: z
    .array(NamespaceOrNone)
    .optional()
    .describe('Namespaces its alerts may touch, and - for what is in none, as nodes are; absent = all.'),
  labels: z.record(z.string(), z.string()).default({}).describe('Labels added to alerts that lack them.'),
  receivers: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Its receivers that post to us: what it lists as firing for them and no webhook has told of is taken in. Absent = those that its messages have named.',
    ),
  heartbeat: z
    .array(MatcherText)
    .min(1)
    .optional()
    .describe(
      "Matchers of the alert that always fires, as kube-prometheus's Watchdog: that it comes shows that the source reaches us. No rule sees it.",
    ),
  heartbeatWithin: Duration.optional().describe(
    'How long its heartbeat may stay away before the source counts as silent, and a person is called; 15m unless told.',
  ),
  tombstone: Duration.default('6m').describe('How long a resolved alert holds back late duplicates of its firing.'),
});

const Cluster = z.union([
  z.strictObject({ server: Origin.describe('An API server without authentication: the sandbox, kubectl proxy.') }),
  z.strictObject({
    kubeconfig: z.string().min(1).optional().describe("A kubeconfig file; KUBECONFIG or the user's own unless told."),
    context: z.string().min(1).optional().describe("Its context; the file's current one unless told."),
  }),
  z.strictObject({ inCluster: z.literal(true).describe('The account of the pod Fixpoint runs in.') }),
]);

const ServiceName = z
  .string()
  .refine(
    (text) => [2, 3].includes(text.split('/').length) && text.split('/').every(isDnsLabel),
    'expected a Service such as shop/web, or west/shop/web in the cluster west',
  )
  .meta({ title: 'service' });

/** `fixpoint.yaml`. */
export const ConfigFile = z.strictObject({
  listen: z.string().optional().describe('Address and port of the API, as --listen.'),
  data: z.string().optional().describe('Folder of the private Redis, the pause file and what else is kept, as --data.'),
  rules: z.string().optional().describe('Folder of rule files, as --rules.'),
  remediations: z.string().optional().describe('Folder of remediation files, as --remediations.'),
  store: StoreSchema.optional().describe('Our own Redis; absent = a private one in the data folder.'),
  history: z
    .strictObject({
      sqlite: z
        .strictObject({ file: z.string().min(1).optional().describe('Its path; <data>/history.db unless told.') })
        .optional()
        .describe('A file, for one process; what is used unless told.'),
      postgres: z
        .strictObject({
          url: z
            .union([PostgresAddress, LocalSecretRef])
            .describe('postgres://user@host/database; a secret where it has a password, read at the start.'),
        })
        .optional()
        .describe('A database, for any number of processes; its user makes the tables, fixpoint_….'),
      none: z
        .literal(true)
        .optional()
        .describe('No history: runs are shown as long as Redis keeps them, and nothing tells whether Redis has lost writes.'),
      keep: Duration.default('90d').describe('How long entries and runs are kept.'),
    })
    .optional()
    .describe('Where runs and their journal are kept for long, one of sqlite, postgres, none.'),
  log: z
    .strictObject({ level: z.enum(logLevels).default('info').describe('As --log-level.') })
    .optional()
    .describe('What is logged, to standard output.'),
  auth: AuthSchema.optional().describe('Who may use the API.'),
  tls: TlsSchema.optional().describe('The API over TLS; the files are read again when they change.'),
  sources: z.record(Name, Source).optional().describe('Alertmanagers that send to us, at /api/v1/webhook/<name>.'),
  clusters: z
    .record(Name, Cluster)
    .optional()
    .describe("Kubernetes clusters; absent = default, by KUBECONFIG, the user's kubeconfig or the account of the pod."),
  prometheus: z
    .record(Name, z.strictObject({ url: Origin, token: SecretRef.optional().describe('A bearer token.') }))
    .optional()
    .describe('Prometheus servers that checks ask; default is asked where a source names none.'),
  http: z
    .record(
      Name,
      z
        .strictObject({
          origin: Origin.describe('Nothing but this origin is called.'),
          headers: z
            .record(z.string(), z.union([z.string(), SecretRef]))
            .default({})
            .describe('Sent with each request.'),
          endpoints: ServiceName.optional().describe(
            'A Service `<namespace>/<name>`, or `<cluster>/<namespace>/<name>` in another cluster than default: actions may then call every endpoint of it by itself, with the headers above.',
          ),
          proxy: Origin.optional().describe(
            'An HTTP proxy that reaches what cannot be reached from here, such as the addresses of pods; for an `http:` origin only.',
          ),
        })
        .refine(({ origin, proxy }) => proxy === undefined || (origin.startsWith('http:') && proxy.startsWith('http:')), {
          error: 'expected an http: origin and an http: proxy: what is encrypted goes through no proxy',
          path: ['proxy'],
        }),
    )
    .optional()
    .describe('HTTP services that rules may name.'),
  commands: z.record(Name, CommandSchema).optional().describe('Commands that kubernetes.exec may run in pods.'),
  redis: z
    .record(Name, RedisTarget)
    .optional()
    .describe('Redis deployments that rules may name, with credentials of their own; never our own store.'),
  postgres: z
    .record(Name, PostgresTarget)
    .optional()
    .describe('PostgreSQL databases that rules may name, with credentials of their own; never our own history.'),
  secrets: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a name as in ${secrets.name}'), SecretRef)
    .optional()
    .describe('What ${secrets.name} in a rule stands for; read when a step is applied, never stored or shown.'),
  limits: LimitsSchema.optional().describe('Ceilings that no rule exceeds.'),
  defaults: DefaultsSchema.optional().describe('What a rule gets where it says nothing.'),
  protected: z
    .strictObject({
      targets: z.array(z.string()).default([]).describe('Targets; * stands for any characters but /.'),
      namespaces: z.array(z.string()).default([]).describe('Namespaces, in every cluster.'),
    })
    .optional()
    .describe('What no rule touches.'),
  timeIntervals: z
    .record(Name, z.array(TimeInterval).min(1))
    .optional()
    .describe(
      "Times that rules name in window, each as under Alertmanager's time_intervals; location is UTC unless told, and Local is the zone of Fixpoint's own process (its TZ).",
    ),
  escalation: z.array(Escalation).optional().describe('Where calls to a person go, tried in order.'),
  notices: z.array(Notice).optional().describe('Who else is told what happens; each entry by itself.'),
  tracing: TracingSchema.optional().describe('Where one trace of each run goes, from webhook to verdict.'),
  publicUrl: Origin.optional().describe('Where people reach the page, for links in messages.'),
  pause: z
    .strictObject({ file: z.string().describe('Its path; <data>/PAUSED unless told.') })
    .optional()
    .describe('A file that stops everything while it exists.'),
});
export type ConfigFile = z.infer<typeof ConfigFile>;
