import { FixpointError } from '../../errors.ts';
import type { OidcConfig } from '../../config/config.ts';
import type { Identity } from '../../ports/authenticator.ts';
import { strongest } from '../../value/role.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Who the claims of a verified token say it is of, and what they give. Throws `auth.invalid` where they name nobody. */
export function identityOf(claims: Claims, { name, username, grants }: Pick<OidcConfig, 'name' | 'username' | 'grants'>): Identity {
  const user = claimNamed(claims, username);
  if (typeof user !== 'string' || !/^[^\p{C}]{1,256}$/u.test(user))
    throw new FixpointError(
      'auth.invalid',
      `the token names no user: its claim ${username} is missing, or is no text of 1 to 256 printable characters`,
    );
  if (username === 'email' && !isVerified(claims))
    throw new FixpointError('auth.invalid', 'the token does not say that its email is verified');
  const standing = strongest(
    grants.filter(({ claim, value }) => (claim !== 'email' || isVerified(claims)) && has(claimNamed(claims, claim), value)),
  );
  return { name: `${name}:${user}`, ...(standing === undefined ? {} : { standing }) };
}

/** Whether its email is: an address that anybody can enter proves nothing. */
function isVerified(claims: Claims): boolean {
  return claims['email_verified'] === true;
}

/** A claim by its name, else a member of one by its path: names of claims may have dots themselves. */
function claimNamed(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let at: unknown = claims;
  for (const part of name.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Claims)[part];
  }
  return at;
}

function has(claim: unknown, value: string): boolean {
  return Array.isArray(claim) ? claim.includes(value) : claim === value;
}
