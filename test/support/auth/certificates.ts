import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An authority of a test, made by openssl, in a folder of the caller. */
export interface TestAuthority {
  /** PEM, and where it lies. */
  readonly pem: string;
  readonly file: string;
  /** Signs a certificate for a subject such as `/CN=alertmanager/O=monitoring`; `name` is that of its files. */
  sign(name: string, subject: string, options?: { readonly days?: number }): SignedCertificate;
}

export interface SignedCertificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export function testAuthority(folder: string, name = 'authority'): TestAuthority {
  const at = (file: string) => join(folder, file);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const file = at(`${name}.pem`);
  openssl(['req', '-x509', ...curve, '-keyout', at(`${name}.key`), '-out', file, '-subj', `/CN=${name}`, '-days', '2']);
  return {
    file,
    pem: readFileSync(file, 'utf8'),
    sign(signed, subject, { days = 1 } = {}) {
      const [certFile, keyFile, request, extensions] = [`${signed}.crt`, `${signed}.key`, `${signed}.csr`, `${signed}.ext`].map(at) as [
        string,
        string,
        string,
        string,
      ];
      openssl(['req', ...curve, '-keyout', keyFile, '-out', request, '-subj', subject, '-multivalue-rdn']);
      writeFileSync(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
      const by = ['-CA', file, '-CAkey', at(`${name}.key`), '-CAcreateserial'];
      openssl(['x509', '-req', '-in', request, ...by, '-out', certFile, '-days', String(days), '-extfile', extensions]);
      return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    },
  };
}

function openssl(args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
}
