import { describe, expect, it } from 'vitest';
import { servers } from '../../../scripts/setup/servers.mjs';
import { serverPrograms } from '../../../src/adapters/servers/programs.ts';

describe('the programs of servers', () => {
  it.each(Object.keys(serverPrograms) as (keyof typeof serverPrograms)[])(
    '%s is looked for and installed as the set-up does it',
    (kind) => {
      const { name, binaries, debian, brew } = servers[kind];
      expect(serverPrograms[kind]).toEqual({ name, binaries, install: `sudo apt-get install ${debian}, or brew install ${brew}` });
    },
  );
});
