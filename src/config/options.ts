import { nearest } from '../value/nearest.ts';

/** A setting that flags, the environment and the file share, by precedence. */
export interface OptionSpec {
  readonly flag: string;
  readonly variable: string;
  readonly fallback?: string;
  readonly summary: string;
}

export const optionSpecs = {
  listen: {
    flag: '--listen',
    variable: 'FIXPOINT_LISTEN',
    fallback: '127.0.0.1:8080',
    summary: 'Address and port of the API; a bare port is on 127.0.0.1.',
  },
  data: {
    flag: '--data',
    variable: 'FIXPOINT_DATA',
    fallback: './data',
    summary: 'Folder of the private Redis, the pause file and what else is kept.',
  },
  rules: { flag: '--rules', variable: 'FIXPOINT_RULES', fallback: './rules', summary: 'Folder of rule files.' },
  remediations: {
    flag: '--remediations',
    variable: 'FIXPOINT_REMEDIATIONS',
    fallback: './remediations',
    summary: 'Folder of remediation files.',
  },
  redis: {
    flag: '--redis',
    variable: 'FIXPOINT_REDIS',
    summary: 'Address of our own Redis, redis:// or rediss://; a private one in the data folder unless told.',
  },
  config: { flag: '--config', variable: 'FIXPOINT_CONFIG', fallback: 'fixpoint.yaml', summary: 'The configuration file.' },
  logLevel: { flag: '--log-level', variable: 'FIXPOINT_LOG_LEVEL', fallback: 'info', summary: 'debug, info, warn or error.' },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof optionSpecs;

/** Variables that are no option of the service: of the command line, the set-up, the stop that needs nothing, and OpenTelemetry's. */
export const otherVariables = {
  FIXPOINT_PAUSED: 'Set to anything but 0, false or no when the service starts: no effect is begun until it is started without.',
  FIXPOINT_NAMESPACE: 'The namespace of the pod Fixpoint runs in, so that it is protected there and not by its name in every namespace.',
  FIXPOINT_SERVER: 'Where commands that talk to a running service find it; http://127.0.0.1:8080 unless told. --server comes first.',
  FIXPOINT_TOKEN: 'The token those commands present.',
  OTEL_EXPORTER_OTLP_ENDPOINT:
    "A collector that takes OTLP over HTTP; before the file's tracing.endpoint. OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is the whole address.",
  OTEL_EXPORTER_OTLP_HEADERS: 'Headers of each post, as name=value,name=value.',
  OTEL_SERVICE_NAME: 'The service.name of what is sent; fixpoint unless told.',
  OTEL_SDK_DISABLED: 'true: no traces, whatever else says so; OTEL_TRACES_EXPORTER=none is the same.',
  FIXPOINT_INSTALL: 'no: npm start and npm test install no system packages.',
} as const;

/** What Kubernetes adds to every pod of a namespace in which a Service is called `fixpoint` or `fixpoint-…`. */
const serviceLink = /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/** One line for each variable that looks like ours and is not; `named` are those that the file takes secrets from. */
export function unknownVariables(
  environment: Readonly<Record<string, string | undefined>>,
  named: readonly string[] = [],
): readonly string[] {
  const known = [...Object.values(optionSpecs).map(({ variable }) => variable), ...Object.keys(otherVariables), ...named];
  return Object.keys(environment)
    .filter((name) => name.startsWith('FIXPOINT_') && !known.includes(name) && !serviceLink.test(name))
    .map((name) => {
      const similar = nearest(name, known);
      return `environment: unknown variable ${name}${similar === undefined ? '' : `; did you mean ${similar}?`}`;
    });
}
