import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificates {
  /** Paths: of an authority, and of a certificate for 127.0.0.1 that it vouches for, with its key. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** An authority of its own and one server, in a folder of the caller. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const at = (name: string) => join(folder, name);
  const openssl = async (...args: readonly string[]) => void (await run('openssl', args));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  await openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=test authority', '-keyout', at('ca.key'), '-out', at('ca.pem'));
  await openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '2',
    '-subj',
    '/CN=127.0.0.1',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
    '-keyout',
    at('server.key'),
    '-out',
    at('server.pem'),
  );
  return { ca: at('ca.pem'), certificate: at('server.pem'), key: at('server.key') };
}
