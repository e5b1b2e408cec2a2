import type { Authenticator } from '../ports/authenticator.ts';
import type { Standing } from '../value/role.ts';
import type { Secret } from '../value/secret.ts';

/** A bearer token by its text, asked for at each request so that a file can rotate, or by the digest of it, which is all that is known then. */
export type AccessToken = Standing & { readonly name: string } & (
    | { readonly token: () => Secret; readonly sha256?: undefined }
    | { readonly token?: undefined; readonly sha256: Buffer }
  );

/** Client certificates whose subject has all of these attributes. */
export interface CertificateGrant extends Standing {
  readonly subject: Readonly<Record<string, string>>;
}

/** Who may use the API. */
export interface Access {
  readonly tokens: readonly AccessToken[];
  /** Asked in order about bearer tokens that are none of `tokens`. */
  readonly authenticators?: readonly Authenticator[];
  readonly certificates?: readonly CertificateGrant[];
}
