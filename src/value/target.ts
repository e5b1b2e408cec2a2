import { isDnsLabel, isDnsSubdomain } from './name.ts';

/**
 * One thing acted on. Its text is the canonical name used for locks, cooldowns, protection and subjects:
 * `kubernetes/<cluster>/<namespace>/<kind.group>/<name>` (`-` as namespace of cluster-scoped kinds; core kinds have no group),
 * `http/<host>:<port>`, `redis/<name>`, `postgres/<name>`; `run/<id>` of what acts on nothing but its own run.
 */
export type Target =
  | {
      readonly technology: 'kubernetes';
      readonly cluster: string;
      readonly namespace?: string;
      readonly kind: string;
      readonly name: string;
    }
  | { readonly technology: 'http'; readonly host: string; readonly port: number }
  | { readonly technology: 'redis' | 'postgres' | 'run'; readonly name: string };

export function formatTarget(target: Target): string {
  switch (target.technology) {
    case 'kubernetes':
      return `kubernetes/${target.cluster}/${target.namespace ?? '-'}/${target.kind}/${target.name}`;
    case 'http':
      return `http/${target.host}:${target.port}`;
    case 'redis':
    case 'postgres':
    case 'run':
      return `${target.technology}/${target.name}`;
  }
}

/** Reads the canonical text; undefined where a part is missing or not a legal name. */
export function parseTarget(text: string): Target | undefined {
  const [technology, ...parts] = text.split('/');
  switch (technology) {
    case 'kubernetes':
      return parseKubernetes(parts);
    case 'http':
      return parseHttp(parts);
    case 'redis':
    case 'postgres':
    case 'run': {
      const [name] = parts;
      return parts.length === 1 && name !== undefined && isDnsSubdomain(name) ? { technology, name } : undefined;
    }
    default:
      return undefined;
  }
}

function parseKubernetes(parts: readonly string[]): Target | undefined {
  const [cluster, namespace, kind, name] = parts;
  if (parts.length !== 4 || !cluster || !namespace || !kind || !name) return undefined;
  if (!isDnsLabel(cluster) || !isDnsSubdomain(kind) || !isDnsSubdomain(name)) return undefined;
  if (namespace === '-') return { technology: 'kubernetes', cluster, kind, name };
  return isDnsLabel(namespace) ? { technology: 'kubernetes', cluster, namespace, kind, name } : undefined;
}

function parseHttp(parts: readonly string[]): Target | undefined {
  const match = /^(?<host>[a-z0-9.:[\]-]+):(?<port>\d{1,5})$/.exec(parts[0] ?? '');
  if (parts.length !== 1 || match?.groups === undefined) return undefined;
  const port = Number(match.groups['port']);
  return port > 0 && port < 65_536 ? { technology: 'http', host: match.groups['host'] ?? '', port } : undefined;
}
