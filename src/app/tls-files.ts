import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { ListenerTls } from '../api/dependencies.ts';
import type { ListenerTlsConfig } from '../config/config.ts';
import { fileStamp } from '../config/file-stamp.ts';
import { FixpointError, messageOf } from '../errors.ts';
import type { Log } from '../ports/log.ts';

/** A server of Node's that speaks TLS. */
interface TlsServer {
  setSecureContext(options: { readonly cert: string; readonly key: string; readonly ca?: string }): void;
  closeIdleConnections(): void;
}

/** The files that the listener's TLS is made of, read again when one of them changes. */
export class TlsFiles {
  readonly #config: ListenerTlsConfig;
  readonly #ends: (at: number) => void;
  #stamp = '';

  /** `ends` is told when a certificate ends, ms since the epoch, each time that one is read and found good. */
  constructor(config: ListenerTlsConfig, ends: (at: number) => void) {
    this.#config = config;
    this.#ends = ends;
  }

  /** Throws `config.invalid` where they cannot be read or do not fit together. */
  read(): ListenerTls {
    const { cert, key, clientCa, needsCertificate } = this.#config;
    try {
      this.#stamp = this.#stampNow();
      const read = (file: string) => readFileSync(file, 'utf8');
      const files = { cert: read(cert), key: read(key), ...(clientCa === undefined ? {} : { ca: read(clientCa) }) };
      // An empty file is no error to the context.
      const certificate = new X509Certificate(files.cert);
      if (!certificate.checkPrivateKey(createPrivateKey(files.key))) throw new Error('the key is of another certificate');
      // Without any authority of ours the context would trust the known ones of the web, and their customers as clients.
      if (files.ca !== undefined && !new X509Certificate(files.ca).ca) throw new Error(`${clientCa} holds no authority`);
      createSecureContext(files);
      this.#ends(certificate.validToDate.getTime());
      return { ...files, needsCertificate };
    } catch (error) {
      // Messages of OpenSSL and of the file system name files and reasons, nothing of a key.
      throw new FixpointError(
        'config.invalid',
        `tls: ${[cert, key, clientCa].filter(Boolean).join(', ')} cannot be used: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  /** Gives the server what is in the files now; what is wrong is logged, and what it had stays in use. */
  renew(server: unknown, log: Log): void {
    if (this.#stampNow() === this.#stamp) return;
    try {
      const { needsCertificate: _, ...files } = this.read();
      (server as TlsServer).setSecureContext(files);
      // Who is connected was let in by the authorities of before.
      (server as TlsServer).closeIdleConnections();
      log.info({ cert: this.#config.cert }, 'the files of TLS have changed and are in use');
    } catch (error) {
      log.error({ reason: messageOf(error) }, 'the changed files of TLS cannot be used, those before stay in use');
    }
  }

  #stampNow(): string {
    return [this.#config.cert, this.#config.key, this.#config.clientCa ?? this.#config.cert].map(fileStamp).join(', ');
  }
}
