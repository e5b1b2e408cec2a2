import { strongest } from '../value/role.ts';
import type { Identity } from '../ports/authenticator.ts';
import type { CertificateGrant } from './access.ts';

type Subject = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A socket of Node's TLS, as far as it is of interest here. */
interface ClientSocket {
  readonly authorized?: boolean;
  getPeerCertificate?(): { readonly subject?: Subject };
}

/** Whose certificate a connection was opened with; undefined where it has none that our authority signed, or an unreadable one. */
export function certificateIdentity(socket: unknown, grants: readonly CertificateGrant[]): Identity | undefined {
  const { authorized, getPeerCertificate } = socket as ClientSocket;
  if (authorized !== true || getPeerCertificate === undefined) return undefined;
  const subject = getPeerCertificate.call(socket).subject ?? {};
  const attributes = Object.entries(subject).flatMap(([name, value]) => [value ?? []].flat().map((text) => ({ name, text })));
  if (attributes.length === 0 || !attributes.every(({ text }) => /^[^\p{C}]{1,200}$/u.test(text))) return undefined;
  const fits = (wanted: CertificateGrant['subject']) =>
    Object.entries(wanted).every(([name, text]) => attributes.some((attribute) => attribute.name === name && attribute.text === text));
  const standing = strongest(grants.filter((grant) => fits(grant.subject)));
  const name = `certificate:${attributes.map((attribute) => `${attribute.name}=${escaped(attribute.text)}`).join(',')}`;
  return { name, ...(standing === undefined ? {} : { standing }) };
}

/** So that no value of one attribute looks like another attribute. */
function escaped(text: string): string {
  return text.replaceAll(/[,=\\]/g, (character) => `\\${character}`);
}
