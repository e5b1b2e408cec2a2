import { resolve } from 'node:path';
import type { Config, SecretSource } from './config.ts';
import type { SecretRef } from './fields.ts';
import type { ConfigFile } from './schema.ts';

type StoreConfig = Pick<Config, 'redisSentinel' | 'redisTls'>;

/** What `store:` says besides an address; `isAddressed`: a flag or the environment names one, which goes before. */
export function storeConfig(
  store: ConfigFile['store'],
  { secret, folder, isAddressed }: { secret: (ref: SecretRef) => SecretSource; folder: string; isAddressed: boolean },
): StoreConfig {
  if (store === undefined) return {};
  const { sentinel, tls } = store;
  const redisTls = typeof tls === 'boolean' ? tls : { ca: resolve(folder, tls.ca) };
  if (sentinel === undefined || isAddressed) return { redisTls };
  const { addresses, master, username, password, sentinelPassword } = sentinel;
  return {
    redisTls,
    redisSentinel: {
      addresses,
      master,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: secret(password) }),
      ...(sentinelPassword === undefined ? {} : { sentinelPassword: secret(sentinelPassword) }),
    },
  };
}
