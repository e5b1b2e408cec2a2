import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import { listening, type Listening } from '../listening.ts';

interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly private: CryptoKey;
  readonly public: JWK;
}

/** A small real OpenID Connect issuer: discovery, keys, and tokens signed with them. */
export class OidcTestIssuer implements AsyncDisposable {
  #listening: Listening | undefined;
  #keys: SigningKey[] = [];
  #made = 0;
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];
  /** Answers instead of its own, by path. */
  readonly answers = new Map<string, { readonly status: number; readonly body: string }>();

  static async start(): Promise<OidcTestIssuer> {
    const issuer = new OidcTestIssuer();
    await issuer.addKey();
    issuer.#listening = await listening((request, response) => {
      const path = request.url ?? '';
      issuer.asked.push(path);
      const { status, body } = issuer.answers.get(path) ?? issuer.#answerTo(path);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    return issuer;
  }

  get url(): string {
    return this.#listening?.origin ?? '';
  }

  /** The newest key, with which tokens are signed. */
  get key(): SigningKey {
    const [newest] = this.#keys.slice(-1);
    if (newest === undefined) throw new Error('the issuer has no key');
    return newest;
  }

  async addKey(alg = 'ES256'): Promise<void> {
    this.#made += 1;
    const kid = `key-${this.#made}`;
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    this.#keys.push({ kid, alg, private: privateKey, public: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } });
  }

  /** The keys before the newest are gone. */
  retireOldKeys(): void {
    this.#keys = this.#keys.slice(-1);
  }

  /** A token as it would be given to a person: for the audience `fixpoint`, for five minutes. */
  async token(claims: JWTPayload = {}, { now = Date.now(), key = this.key }: { now?: number; key?: SigningKey } = {}): Promise<string> {
    const issued = Math.floor(now / 1000);
    const payload = { iss: this.url, aud: 'fixpoint', sub: 'alice', iat: issued, exp: issued + 300, ...claims };
    return await new SignJWT(payload).setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' }).sign(key.private);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]();
  }

  #answerTo(path: string): { status: number; body: string } {
    if (path === '/.well-known/openid-configuration')
      return { status: 200, body: JSON.stringify({ issuer: this.url, jwks_uri: `${this.url}/keys` }) };
    if (path === '/keys') return { status: 200, body: JSON.stringify({ keys: this.#keys.map((key) => key.public) }) };
    return { status: 404, body: '{}' };
  }
}
