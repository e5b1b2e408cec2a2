import { z } from 'zod';
import { modes } from '../rule/mode.ts';
import { parseDuration } from '../value/duration.ts';
import { isDnsLabel } from '../value/name.ts';
import { parseRate } from '../value/rate.ts';

const Name = z.string().refine(isDnsLabel, 'expected a name of lower-case letters, digits and -');
const Duration = z.string().refine((text) => parseDuration(text) !== undefined, 'expected a duration such as 30s, 5m or 1h30m');
const Rates = z
  .union([z.string(), z.array(z.string())])
  .refine((rates) => [rates].flat().every((rate) => parseRate(rate) !== undefined), 'expected a rate such as 4/1h');
const Origin = z.url({ protocol: /^https?$/, error: 'expected an address such as http://prometheus:9090' });

/** Where a secret's text is; never the text itself. Files are read again when they change. */
export const SecretRef = z.union([z.strictObject({ file: z.string().min(1) }), z.strictObject({ env: z.string().min(1) })]);
export type SecretRef = z.infer<typeof SecretRef>;

const Credential = z.union([
  z.strictObject({ bearer: SecretRef }),
  z.strictObject({ basic: z.strictObject({ username: z.string().min(1), password: SecretRef }) }),
]);

const Source = z.strictObject({
  credentials: z
    .array(Credential)
    .default([])
    .describe('What this Alertmanager may identify itself with; several live ones allow for rotation.'),
  evidence: z.enum(['api', 'prometheus', 'receipt']).default('receipt').describe('How we know that an alert still fires.'),
  alertmanager: Origin.optional().describe('Its API, for evidence: api.'),
  prometheus: z.string().min(1).optional().describe('Its Prometheus: an address, or a name under prometheus.'),
  namespaces: z.array(Name).optional().describe('Namespaces its alerts may touch; absent = all.'),
  labels: z.record(z.string(), z.string()).default({}).describe('Labels added to alerts that lack them.'),
  tombstone: Duration.default('6m').describe('How long a resolved alert holds back late duplicates of its firing.'),
});

const Cluster = z.union([
  z.strictObject({ server: Origin }),
  z.strictObject({ kubeconfig: z.string().min(1).optional(), context: z.string().min(1).optional() }),
  z.strictObject({ inCluster: z.literal(true) }),
]);

const Escalation = z.union([
  z.strictObject({ alertmanager: z.strictObject({ url: Origin }) }),
  z.strictObject({ webhook: z.strictObject({ url: z.union([Origin, SecretRef]), format: z.enum(['slack', 'json']).default('json') }) }),
]);

const RatesByScope = z.strictObject({
  rule: Rates.optional(),
  target: Rates.optional(),
  namespace: Rates.optional(),
  global: Rates.optional(),
});

/** `fixpoint.yaml`. */
export const ConfigFile = z.strictObject({
  listen: z.string().optional().describe('Address and port of the API.'),
  data: z.string().optional().describe('Folder of the private Redis, the pause file and what else is kept.'),
  rules: z.string().optional().describe('Folder of rule files.'),
  remediations: z.string().optional().describe('Folder of remediation files.'),
  store: z
    .strictObject({ redis: z.union([z.string(), SecretRef]) })
    .optional()
    .describe('Our own Redis; absent = a private one in the data folder.'),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).optional(),
  auth: z
    .strictObject({
      tokens: z
        .array(z.strictObject({ name: Name, role: z.enum(['webhook', 'viewer', 'operator', 'admin']), token: SecretRef }))
        .default([]),
    })
    .optional()
    .describe('Who may use the API.'),
  sources: z.record(Name, Source).optional(),
  clusters: z.record(Name, Cluster).optional(),
  prometheus: z.record(Name, z.strictObject({ url: Origin, token: SecretRef.optional() })).optional(),
  http: z
    .record(Name, z.strictObject({ origin: Origin, headers: z.record(z.string(), z.union([z.string(), SecretRef])).default({}) }))
    .optional()
    .describe('HTTP services that rules may name.'),
  secrets: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a name as in ${secrets.name}'), SecretRef).optional(),
  limits: z
    .strictObject({
      mode: z.enum(modes).optional(),
      cooldown: z.strictObject({ min: Duration }).optional(),
      attempts: z.strictObject({ max: z.int().min(1) }).optional(),
      rate: RatesByScope.optional(),
    })
    .optional()
    .describe('Ceilings that no rule exceeds.'),
  defaults: z
    .strictObject({
      mode: z.enum(modes).optional(),
      cooldown: Duration.optional(),
      targetCooldown: Duration.optional().describe('Cooldown of a target across rules, 30s unless told.'),
      rate: Rates.optional(),
      attempts: z.int().min(1).optional(),
      maxAge: Duration.optional(),
      within: Duration.optional(),
      resolve: Duration.optional(),
      flap: Duration.optional(),
      approval: Duration.optional().describe('How long a run waits for a yes, 1h unless told.'),
    })
    .optional()
    .describe('What a rule gets where it says nothing.'),
  protected: z
    .strictObject({ targets: z.array(z.string()).default([]), namespaces: z.array(z.string()).default([]) })
    .optional()
    .describe('What no rule touches; * in a target stands for any characters but /.'),
  escalation: z.array(Escalation).optional().describe('Where calls to a person go, tried in order.'),
  pause: z
    .strictObject({ file: z.string() })
    .optional()
    .describe('A file that stops everything while it exists; <data>/PAUSED unless told.'),
});
export type ConfigFile = z.infer<typeof ConfigFile>;
