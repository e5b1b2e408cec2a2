import { z } from 'zod';
import { modes } from '../rule/mode.ts';
import { isDnsLabel } from '../value/name.ts';
import { noticeKinds } from '../value/notice-kind.ts';
import { parseRate } from '../value/rate.ts';
import { CommandSchema } from './command-schema.ts';
import { Duration, Name, SecretRef } from './fields.ts';
import { PostgresTarget, RedisTarget } from './target-schema.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

const Rates = z
  .union([z.string(), z.array(z.string())])
  .refine((rates) => [rates].flat().every((rate) => parseRate(rate) !== undefined), 'expected a rate such as 4/1h')
  .meta({ title: 'rate or list of rates' });
const Origin = z
  .url({ protocol: /^https?$/, error: 'expected an address such as http://prometheus:9090' })
  .refine((text) => !hasUserInfo(text), 'expected an address without user and password')
  .meta({ title: 'address' });

const PostgresAddress = z
  .url({ protocol: /^postgres(?:ql)?$/, error: 'expected an address such as postgres://fixpoint@db.example:5432/fixpoint' })
  .refine(
    (text) => (URL.parse(text)?.password ?? '') === '' && !/[?&]password=/.test(text),
    'expected an address without password; { file: … } or { env: … } names one that has it',
  )
  .meta({ title: 'address' });

function hasUserInfo(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.username !== '' || url.password !== '');
}

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
  namespaces: z.array(Name).optional().describe('Namespaces its alerts may touch; absent = all.'),
  labels: z.record(z.string(), z.string()).default({}).describe('Labels added to alerts that lack them.'),
  receivers: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Its receivers that post to us: what it lists as firing for them and no webhook has told of is taken in. Absent = those that its messages have named.',
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

const channel = {
  alertmanager: z
    .strictObject({ url: Origin })
    .optional()
    .describe('An alert with fixpoint_escalation="true" is posted here; routing makes it a page.'),
  webhook: z
    .strictObject({
      url: z.union([Origin, SecretRef]).describe('An address; a secret where the address itself is one.'),
      format: z
        .enum(['slack', 'json', 'template'])
        .default('json')
        .describe("slack: as Slack's incoming webhooks take it; json: the message as it is; template: as below."),
      template: z
        .union([z.string(), z.record(z.string(), z.json())])
        .optional()
        .describe('The body, with ${…} in its texts: a text, or a map that is sent as JSON; see escalation.md.'),
      headers: z
        .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected the name of a header'), z.union([z.string(), SecretRef]))
        .default({})
        .describe('Sent with each message.'),
    })
    .refine(({ format, template }) => (format === 'template') === (template !== undefined), {
      error: 'template goes with format: template, and the other way round',
      path: ['template'],
    })
    .optional()
    .describe('Or: messages are posted here.'),
};
const hasOneChannel = (given: { alertmanager?: unknown; webhook?: unknown }) =>
  (given.alertmanager === undefined) !== (given.webhook === undefined);
const needsOneChannel = { error: 'expected one channel: alertmanager or webhook' };

const Escalation = z.strictObject(channel).refine(hasOneChannel, needsOneChannel);

const Notice = z
  .strictObject({
    on: z.array(z.enum(noticeKinds)).min(1, 'expected at least one kind of notice').describe('Of what; see escalation.md.'),
    rules: z.array(z.string()).optional().describe('Only of these rules; absent = of all.'),
    ...channel,
  })
  .refine(hasOneChannel, needsOneChannel);

const ServiceName = z
  .string()
  .refine((text) => text.split('/').length === 2 && text.split('/').every(isDnsLabel), 'expected a Service such as shop/web')
  .meta({ title: 'service' });

const RatesByScope = z.strictObject({
  rule: Rates.optional(),
  target: Rates.optional(),
  namespace: Rates.optional(),
  global: Rates.optional(),
});

/** `fixpoint.yaml`. */
export const ConfigFile = z.strictObject({
  listen: z.string().optional().describe('Address and port of the API, as --listen.'),
  data: z.string().optional().describe('Folder of the private Redis, the pause file and what else is kept, as --data.'),
  rules: z.string().optional().describe('Folder of rule files, as --rules.'),
  remediations: z.string().optional().describe('Folder of remediation files, as --remediations.'),
  store: z
    .strictObject({ redis: z.union([z.string(), SecretRef]).describe('Its address; a secret where it has a password.') })
    .optional()
    .describe('Our own Redis; absent = a private one in the data folder.'),
  history: z
    .strictObject({
      sqlite: z
        .strictObject({ file: z.string().min(1).optional().describe('Its path; <data>/history.db unless told.') })
        .optional()
        .describe('A file, for one process; what is used unless told.'),
      postgres: z
        .strictObject({
          url: z
            .union([PostgresAddress, SecretRef])
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
  auth: z
    .strictObject({
      tokens: z
        .array(
          z.strictObject({
            name: Name.describe('Who it is, in decisions and logs.'),
            role: z.enum(['webhook', 'viewer', 'operator', 'admin']).describe('Each may do what those before it may.'),
            token: SecretRef,
          }),
        )
        .default([])
        .describe('Bearer tokens.'),
    })
    .optional()
    .describe('Who may use the API.'),
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
      z.strictObject({
        origin: Origin.describe('Nothing but this origin is called.'),
        headers: z
          .record(z.string(), z.union([z.string(), SecretRef]))
          .default({})
          .describe('Sent with each request.'),
        endpoints: ServiceName.optional().describe(
          'A Service `<namespace>/<name>`: actions may then call every endpoint of it by itself, with the headers above.',
        ),
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
  limits: z
    .strictObject({
      mode: z.enum(modes).optional().describe('No rule does more by itself than this.'),
      cooldown: z.strictObject({ min: Duration }).optional().describe('The shortest cooldown a rule may have.'),
      attempts: z
        .strictObject({ max: z.int().min(1) })
        .optional()
        .describe('The most attempts a rule may have.'),
      rate: RatesByScope.optional().describe('The highest rates a rule may have, and those that all rules together keep.'),
      actions: z
        .record(z.string(), z.enum(modes))
        .optional()
        .describe('The most that an action may do by itself, by its name; `redis.flush: auto` lets it run without a yes.'),
    })
    .optional()
    .describe('Ceilings that no rule exceeds.'),
  defaults: z
    .strictObject({
      mode: z.enum(modes).optional().describe('plan unless told.'),
      cooldown: Duration.optional().describe('From the end of a run to the next of the same rule and subject; 15m unless told.'),
      targetCooldown: Duration.optional().describe('Cooldown of a target across rules, 30s unless told.'),
      rate: Rates.optional().describe('Runs of one rule.'),
      attempts: z.int().min(1).optional().describe('Charged runs of one incident; 3 unless told.'),
      maxAge: Duration.optional().describe('An alert received longer ago is not acted upon.'),
      within: Duration.optional().describe('How long success may take, 10m unless told.'),
      resolve: Duration.optional().describe('How long the alert may go on firing after success, 10m unless told.'),
      flap: Duration.optional().describe('How long all alerts must be resolved before the incident closes, 1m unless told.'),
      approval: Duration.optional().describe('How long a run waits for a yes, 1h unless told.'),
      quiet: Duration.optional().describe(
        'How long a pause, a window, a cooldown or a rate may keep an incident from being acted upon before a person is called, 1h unless told.',
      ),
    })
    .optional()
    .describe('What a rule gets where it says nothing.'),
  protected: z
    .strictObject({
      targets: z.array(z.string()).default([]).describe('Targets; * stands for any characters but /.'),
      namespaces: z.array(z.string()).default([]).describe('Namespaces, in every cluster.'),
    })
    .optional()
    .describe('What no rule touches.'),
  escalation: z.array(Escalation).optional().describe('Where calls to a person go, tried in order.'),
  notices: z.array(Notice).optional().describe('Who else is told what happens; each entry by itself.'),
  publicUrl: Origin.optional().describe('Where people reach the page, for links in messages.'),
  pause: z
    .strictObject({ file: z.string().describe('Its path; <data>/PAUSED unless told.') })
    .optional()
    .describe('A file that stops everything while it exists.'),
});
export type ConfigFile = z.infer<typeof ConfigFile>;
