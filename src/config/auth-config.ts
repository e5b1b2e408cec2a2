import { resolve } from 'node:path';
import { parseDuration } from '../value/duration.ts';
import type { Standing } from '../value/role.ts';
import type { AuthConfig, ListenerTlsConfig, SecretSource } from './config.ts';
import type { SecretRef } from './fields.ts';
import type { ConfigFile } from './schema.ts';

interface AuthParts {
  readonly content: ConfigFile;
  readonly folder: string;
  readonly secret: (ref: SecretRef) => SecretSource;
  /** Problems found are added. */
  readonly messages: string[];
}

/** Who may use the API, as `auth:` says. */
export function authConfig({ content, folder, secret, messages }: AuthParts): AuthConfig {
  const { tokens = [], oidc = {}, kubernetes, certificates = [] } = content.auth ?? {};
  if (certificates.length > 0 && content.tls?.clientCa === undefined)
    messages.push('auth.certificates: client certificates are asked for only with tls.clientCa');
  if (kubernetes !== undefined && kubernetes.cluster !== 'default' && content.clusters?.[kubernetes.cluster] === undefined)
    messages.push(`auth.kubernetes: there is no cluster named ${kubernetes.cluster}`);
  const issuers = Object.entries(oidc);
  for (const [index, [name, { issuer }]] of issuers.entries()) {
    const [before] = issuers.slice(0, index).find(([, other]) => other.issuer === issuer) ?? [];
    if (before !== undefined)
      messages.push(
        `auth.oidc.${name}: ${before} has the same issuer; name all audiences and roles in one of them, for only the first is asked`,
      );
  }
  return {
    tokens: tokens.map(({ name, token, hash, ...standing }) => {
      const who = { name, ...standingOf(standing) };
      // The schema lets one of them be there.
      return token === undefined
        ? { ...who, sha256: Buffer.from(hash?.slice('sha256:'.length) ?? '', 'hex') }
        : { ...who, token: secret(token) };
    }),
    oidc: issuers.map(([name, { issuer, audience, username, leeway, ca, roles }]) => ({
      name,
      issuer,
      audiences: [audience].flat(),
      username,
      leeway: parseDuration(leeway) ?? 0,
      ...(ca === undefined ? {} : { ca: resolve(folder, ca) }),
      grants: roles.map(({ claim, value, ...standing }) => ({ claim, value, ...standingOf(standing) })),
    })),
    ...(kubernetes === undefined
      ? {}
      : {
          kubernetes: {
            cluster: kubernetes.cluster,
            audiences: kubernetes.audiences,
            grants: kubernetes.roles.map(({ user, group, ...standing }) => ({
              ...(user === undefined ? {} : { user }),
              ...(group === undefined ? {} : { group }),
              ...standingOf(standing),
            })),
          },
        }),
    certificates: certificates.map(({ subject, ...standing }) => ({ subject, ...standingOf(standing) })),
  };
}

export function listenerTls({ tls }: ConfigFile, folder: string): ListenerTlsConfig | undefined {
  if (tls === undefined) return undefined;
  const { cert, key, clientCa, clientCertificates } = tls;
  return {
    cert: resolve(folder, cert),
    key: resolve(folder, key),
    ...(clientCa === undefined ? {} : { clientCa: resolve(folder, clientCa) }),
    needsCertificate: clientCertificates === 'required',
  };
}

/** Whether people can be told apart, so that four eyes can be asked for. */
export function hasIdentities({ tokens, oidc, kubernetes, certificates }: AuthConfig): boolean {
  return tokens.length > 0 || oidc.length > 0 || kubernetes !== undefined || certificates.length > 0;
}

function standingOf({ role, namespaces }: { role: Standing['role']; namespaces?: string[] | undefined }): Standing {
  return { role, ...(namespaces === undefined ? {} : { namespaces }) };
}
