import type { Writers } from '../../../src/actions/action.ts';
import type { Engine } from '../../../src/pipeline/engine.ts';

/** A port that no test expects to be used: every call of it fails. */
export function absent(name: string): never {
  const refusing = new Proxy(
    {},
    {
      get: () => () => {
        throw new Error(`nothing here asks ${name}`);
      },
    },
  );
  // Of whatever type is wanted: none of it works.
  return refusing as never;
}

/** The readers of technologies that a test has nothing of. */
export const absentReaders: Pick<Engine, 'redis' | 'postgres' | 'alertmanager'> = {
  redis: absent('Redis'),
  postgres: absent('PostgreSQL'),
  alertmanager: absent('Alertmanager'),
};

/** Their writers. */
export const absentWriters: Pick<Writers, 'redis' | 'postgres' | 'alertmanager'> = {
  redis: absent('Redis'),
  postgres: absent('PostgreSQL'),
  alertmanager: absent('Alertmanager'),
};
