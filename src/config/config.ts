import type { Matcher } from '../alert/matcher.ts';
import type { Limits, RuleDefaults } from '../rule/guard-settings.ts';
import type { MessageTemplate } from '../rule/message-template.ts';
import type { DeclaredCommand } from '../ports/kubernetes.ts';
import type { Duration } from '../value/duration.ts';
import type { Secret } from '../value/secret.ts';
import type { Standing } from '../value/role.ts';
import type { TimeInterval } from '../value/time-interval.ts';
import type { KubernetesSecret } from './kubernetes-secret.ts';

/** Gives a secret's present text; throws `secret.unavailable`. */
export type SecretSource = () => Secret;

export type CredentialConfig =
  | { readonly kind: 'bearer'; readonly token: SecretSource }
  | { readonly kind: 'basic'; readonly username: string; readonly password: SecretSource };

/** A bearer token by its text, or by the digest of it. */
export type TokenConfig = Standing & { readonly name: string } & (
    | { readonly token: SecretSource; readonly sha256?: undefined }
    | { readonly token?: undefined; readonly sha256: Buffer }
  );

/** Whose OpenID Connect tokens are taken, and what their claims give. */
export interface OidcConfig {
  readonly name: string;
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** The claim that names the user. */
  readonly username: string;
  readonly leeway: Duration;
  /** Path of a PEM file. */
  readonly ca?: string;
  readonly grants: readonly (Standing & { readonly claim: string; readonly value: string })[];
}

/** Which cluster is asked whose tokens are, and what users and groups get. */
export interface TokenReviewConfig {
  readonly cluster: string;
  readonly audiences: readonly string[];
  readonly grants: readonly (Standing & { readonly user?: string; readonly group?: string })[];
}

export interface AuthConfig {
  readonly tokens: readonly TokenConfig[];
  readonly oidc: readonly OidcConfig[];
  readonly kubernetes?: TokenReviewConfig;
  readonly certificates: readonly (Standing & { readonly subject: Readonly<Record<string, string>> })[];
}

/** Paths of PEM files. */
export interface ListenerTlsConfig {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
  readonly needsCertificate: boolean;
}

export interface SourceConfig {
  readonly name: string;
  readonly credentials: readonly CredentialConfig[];
  readonly evidence: 'api' | 'prometheus' | 'receipt';
  readonly alertmanager?: string;
  readonly prometheus?: { readonly url: string; readonly token?: SecretSource };
  readonly namespaces?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Receivers of the source that post to us; absent = those that its messages name. */
  readonly receivers?: readonly string[];
  /** What matches all of these is its heartbeat. */
  readonly heartbeat?: readonly Matcher[];
  /** How long that may stay away. */
  readonly heartbeatWithin?: Duration;
  readonly tombstone: Duration;
}

export type ClusterConfig =
  | { readonly kind: 'server'; readonly server: string }
  | { readonly kind: 'kubeconfig'; readonly file?: string; readonly context?: string }
  | { readonly kind: 'in-cluster' };

export type ChannelConfig =
  | { readonly kind: 'alertmanager'; readonly url: string }
  | {
      readonly kind: 'webhook';
      readonly url: string | SecretSource;
      readonly format: 'slack' | 'json' | MessageTemplate;
      readonly headers: Readonly<Record<string, string | SecretSource>>;
    };

export interface NoticeConfig {
  readonly on: readonly string[];
  readonly rules?: readonly string[];
  readonly channel: ChannelConfig;
}

/** Where history is kept. `describe` names it for people, without a password. */
export type HistoryConfig = { readonly keep: Duration } & (
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: SecretSource; readonly describe: string }
  | { readonly kind: 'none' }
);

export type TlsConfig = boolean | { readonly ca: string };

export interface TracingConfig {
  /** What traces are posted to. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | SecretSource>>;
  readonly service: string;
}

/** Addresses are `host:port`. */
export interface RedisSentinelConfig {
  readonly addresses: readonly string[];
  readonly master: string;
  readonly username?: string;
  readonly password?: SecretSource;
  /** The sentinels' own. */
  readonly sentinelPassword?: SecretSource;
}

/** A Redis to remediate. Addresses are `host:port`. */
export interface RedisTargetConfig {
  readonly at:
    | { readonly kind: 'standalone'; readonly address: string }
    | { readonly kind: 'sentinel'; readonly addresses: readonly string[]; readonly master: string; readonly password?: SecretSource }
    | { readonly kind: 'cluster'; readonly addresses: readonly string[] };
  readonly username?: string;
  readonly password?: SecretSource;
  readonly database: number;
  readonly tls: TlsConfig;
  readonly timeout: Duration;
  /** In upper case: `CLIENT KILL`. */
  readonly commands: readonly { readonly command: string; readonly converges: boolean }[];
}

/** A PostgreSQL database to remediate. */
export interface PostgresTargetConfig {
  readonly address: string;
  readonly database: string;
  readonly username: string;
  readonly password?: SecretSource;
  readonly tls: TlsConfig;
  readonly timeout: Duration;
  readonly pools?: readonly PoolConfig[];
}

/** Replicas that each keep a pool of connections to a database. */
export interface PoolConfig {
  /** A canonical target of Kubernetes. */
  readonly workload: string;
  readonly perReplica: number;
  /** Replicas there may be at most. */
  readonly most?: number;
  readonly user: string;
}

export interface HttpTargetConfig {
  readonly origin: string;
  readonly headers: Readonly<Record<string, string | SecretSource>>;
  /** `<cluster>/<namespace>/<name>` of the Service whose endpoints may be called one by one. */
  readonly endpoints?: string;
  /** Origin of an HTTP proxy. */
  readonly proxy?: string;
}

/** The effective configuration: flags over environment over file over defaults, checked. */
export interface Config {
  readonly listen: { readonly host: string; readonly port: number };
  readonly data: string;
  readonly rules: string;
  readonly remediations: string;
  /** Address of our own Redis; absent = the private one in `data`. */
  readonly redis?: SecretSource;
  /** Who is asked for our own Redis, in place of an address. */
  readonly redisSentinel?: RedisSentinelConfig;
  /** Of our own Redis; `{ca}` also with an address, which says itself whether it is encrypted. */
  readonly redisTls?: TlsConfig;
  readonly history: HistoryConfig;
  readonly logLevel: string;
  readonly auth: AuthConfig;
  /** Absent: plain HTTP. */
  readonly tls?: ListenerTlsConfig;
  readonly sources: readonly SourceConfig[];
  readonly clusters: ReadonlyMap<string, ClusterConfig>;
  readonly prometheus: ReadonlyMap<string, { readonly url: string; readonly token?: SecretSource }>;
  readonly http: ReadonlyMap<string, HttpTargetConfig>;
  /** What is remediated, not our own store, which is `redis`. */
  readonly redisTargets: ReadonlyMap<string, RedisTargetConfig>;
  readonly postgresTargets: ReadonlyMap<string, PostgresTargetConfig>;
  readonly commands: ReadonlyMap<string, DeclaredCommand>;
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /** What of all secrets Kubernetes keeps; to be filled before they are read. */
  readonly kubernetesSecrets: readonly KubernetesSecret[];
  readonly limits: Limits;
  readonly defaults: RuleDefaults;
  readonly targetCooldown: Duration;
  readonly approvalLife: Duration;
  readonly protection: {
    readonly targets: readonly string[];
    readonly namespaces: readonly string[];
    /** Fixpoint itself and what it lives on. */
    readonly own: readonly string[];
  };
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>;
  readonly escalation: readonly ChannelConfig[];
  readonly notices: readonly NoticeConfig[];
  readonly tracing?: TracingConfig;
  readonly publicUrl?: string;
  /** How long guards may keep an incident from being acted upon without a word. */
  readonly quiet: Duration;
  readonly pauseFile: string;
  /** FIXPOINT_PAUSED as it was at start, if set to anything but `0`, `false` or `no`. */
  readonly pausedByEnvironment?: string;
  /** Each shared option's value and where it came from, for `fixpoint config`. */
  readonly origins: Readonly<Record<string, { readonly value: string; readonly from: string }>>;
}
