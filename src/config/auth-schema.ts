import { z } from 'zod';
import { parseDuration } from '../value/duration.ts';
import { isDnsLabel } from '../value/name.ts';
import { roles } from '../value/role.ts';
import { Duration, Name, Origin, SecretRef } from './fields.ts';

const standing = {
  role: z.enum(roles).describe('Each may do what those before it may.'),
  namespaces: z
    .array(z.string().refine(isDnsLabel, 'expected a namespace'))
    .min(1)
    .optional()
    .describe(
      'With role: operator: all that they approve, deny, cancel, undo, acknowledge, pause or restore has to be in these; absent = everywhere.',
    ),
};

const isLimitable = ({ role, namespaces }: { role: string; namespaces?: unknown }) => namespaces === undefined || role === 'operator';
const onlyOperators = { error: 'namespaces limit operators; viewers see all, and admins may do all', path: ['namespaces'] };

const Token = z
  .strictObject({
    name: Name.describe('Who it is, in decisions and logs.'),
    ...standing,
    token: SecretRef.optional().describe('Its text.'),
    hash: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hexadecimal digits, as fixpoint token prints them')
      .optional()
      .describe('Or: its digest, as `fixpoint token` prints it, so that nobody who reads the file can use it.'),
  })
  .refine(({ token, hash }) => (token === undefined) !== (hash === undefined), 'expected one of token and hash')
  .refine(isLimitable, onlyOperators);

const isSafeIssuer = (text: string) => {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '');
};

const Oidc = z.strictObject({
  issuer: Origin.refine(isSafeIssuer, 'expected https (plain http only on this machine)').describe(
    'Whose tokens are taken; its keys are found by /.well-known/openid-configuration below it.',
  ),
  audience: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe('Of whom the token has to say that it is for: `aud` names it, or one of these.'),
  username: z.string().min(1).default('sub').describe('The claim that names the user; of email it has to be said that it is verified.'),
  leeway: Duration.default('30s')
    .refine((text) => (parseDuration(text) ?? 0) <= 300_000, 'expected at most 5m')
    .describe('How far its clock and ours may differ.'),
  ca: z
    .string()
    .min(1)
    .optional()
    .describe('Authorities that its certificate may be signed by, as a PEM file; the known ones unless told.'),
  roles: z
    .array(
      z
        .strictObject({
          claim: z
            .string()
            .min(1)
            .default('groups')
            .describe('A claim, or members of one (`realm_access.roles`); email only where it is verified.'),
          value: z.string().min(1).describe('What the claim has to be, or to have among its entries.'),
          ...standing,
        })
        .refine(isLimitable, onlyOperators),
    )
    .min(1)
    .describe('Who gets which role; of several that fit the most powerful counts.'),
});

const TokenReviews = z.strictObject({
  cluster: Name.default('default').describe('The cluster that is asked, by its name under clusters.'),
  audiences: z
    .array(z.string().min(1))
    .min(1)
    .default(['fixpoint'])
    .describe('Of whom the token has to say that it is for one; tokens that pods have by default are for the API server.'),
  roles: z
    .array(
      z
        .strictObject({
          user: z.string().min(1).optional().describe('A user: system:serviceaccount:<namespace>:<name>.'),
          group: z.string().min(1).optional().describe('Or a group: system:serviceaccounts:<namespace>.'),
          ...standing,
        })
        .refine(({ user, group }) => (user === undefined) !== (group === undefined), 'expected one of user and group')
        .refine(isLimitable, onlyOperators),
    )
    .min(1)
    .describe('Who gets which role; of several that fit the most powerful counts.'),
});

const Certificate = z
  .strictObject({
    subject: z
      .record(z.string(), z.string().min(1))
      .refine((subject) => Object.keys(subject).length > 0, 'expected at least one attribute, such as CN')
      .describe('What its subject has to have: `{ CN: alertmanager, O: monitoring }`.'),
    ...standing,
  })
  .refine(isLimitable, onlyOperators);

/** Prefixes of names that other ways to identify oneself have. */
const takenNames = ['local', 'kubernetes', 'certificate'];

/** `auth:`. */
export const AuthSchema = z.strictObject({
  tokens: z.array(Token).default([]).describe('Bearer tokens.'),
  oidc: z
    .record(
      Name.refine((name) => !takenNames.includes(name), `expected another name than ${takenNames.join(', ')}`),
      Oidc,
    )
    .optional()
    .describe('OpenID Connect issuers whose tokens are taken as bearer tokens; their users are called `<name>:<user>`.'),
  kubernetes: TokenReviews.optional().describe('Tokens of ServiceAccounts, by asking their cluster; they are called `kubernetes:<user>`.'),
  certificates: z.array(Certificate).optional().describe('Client certificates, with tls.clientCa.'),
});

/** `tls:`. */
export const TlsSchema = z
  .strictObject({
    cert: z.string().min(1).describe('The certificate and what leads to its authority, as a PEM file.'),
    key: z.string().min(1).describe('Its private key, as a PEM file.'),
    clientCa: z.string().min(1).optional().describe('Authorities of client certificates, as a PEM file.'),
    clientCertificates: z
      .enum(['optional', 'required'])
      .default('optional')
      .describe('Whether there is no connection without one; with clientCa.'),
  })
  .refine(({ clientCa, clientCertificates }) => clientCertificates === 'optional' || clientCa !== undefined, {
    error: 'required client certificates need clientCa',
    path: ['clientCertificates'],
  });
