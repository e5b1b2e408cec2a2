import { nearest } from '../value/nearest.ts';

/** A setting that flags, the environment and the file share, by precedence. */
export interface OptionSpec {
  readonly flag: string;
  readonly variable: string;
  readonly fallback?: string;
}

export const optionSpecs = {
  listen: { flag: '--listen', variable: 'FIXPOINT_LISTEN', fallback: '127.0.0.1:8080' },
  data: { flag: '--data', variable: 'FIXPOINT_DATA', fallback: './data' },
  rules: { flag: '--rules', variable: 'FIXPOINT_RULES', fallback: './rules' },
  remediations: { flag: '--remediations', variable: 'FIXPOINT_REMEDIATIONS', fallback: './remediations' },
  redis: { flag: '--redis', variable: 'FIXPOINT_REDIS' },
  config: { flag: '--config', variable: 'FIXPOINT_CONFIG', fallback: 'fixpoint.yaml' },
  logLevel: { flag: '--log-level', variable: 'FIXPOINT_LOG_LEVEL', fallback: 'info' },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof optionSpecs;

/** Variables of ours that are no option of the service: of the command line, the set-up, and the stop that needs nothing. */
const otherVariables = ['FIXPOINT_PAUSED', 'FIXPOINT_SERVER', 'FIXPOINT_TOKEN', 'FIXPOINT_INSTALL'];

/** One line for each variable that looks like ours and is not. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = [...Object.values(optionSpecs).map(({ variable }) => variable), ...otherVariables];
  return Object.keys(environment)
    .filter((name) => name.startsWith('FIXPOINT_') && !known.includes(name))
    .map((name) => {
      const similar = nearest(name, known);
      return `environment: unknown variable ${name}${similar === undefined ? '' : `; did you mean ${similar}?`}`;
    });
}
