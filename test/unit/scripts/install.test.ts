import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureServers } from '../../../scripts/setup/install.mjs';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { fakeProgram } from './fake-program.ts';

const server = { name: 'Example', binaries: ['fixpoint-example-server'], debian: 'example-server', service: 'example', brew: 'example' };

describe('installing servers', () => {
  let folder: TemporaryFolder;
  let machine: NonNullable<Parameters<typeof ensureServers>[1]>;
  let policyFile: string;
  let announced: string[];
  const bin = (): string => join(folder.path, 'bin');
  const calls = (): readonly string[] =>
    existsSync(join(folder.path, 'calls')) ? readFileSync(join(folder.path, 'calls'), 'utf8').trim().split('\n') : [];

  beforeEach(() => {
    folder = temporaryFolder();
    announced = [];
    policyFile = join(folder.path, 'policy-rc.d');
    machine = {
      env: { PATH: `${bin()}:/usr/bin:/bin` },
      userId: 0,
      policyFile,
      lockPatienceMs: 3000,
      pauseMs: 10,
      announce: (line) => void announced.push(line),
    };
  });

  afterEach(() => folder.remove());

  function fakeApt(onInstall: string): void {
    const log = join(folder.path, 'calls');
    fakeProgram(bin(), 'systemctl', `echo "systemctl $*" >> ${log}`);
    fakeProgram(
      bin(),
      'apt-get',
      `case "$*" in
        *update*) echo update >> ${log} ;;
        *install*) echo "install with $(${policyFile} example start; echo $?)" >> ${log}; ${onInstall} ;;
      esac`,
    );
  }

  it('asks nobody when the server is there', async () => {
    fakeProgram(bin(), 'fixpoint-example-server', '');

    await ensureServers([server], { ...machine, env: { ...machine.env, FIXPOINT_INSTALL: 'no' }, userId: 1000 });
    expect(calls()).toEqual([]);
  });

  it('installs with the services kept stopped, and takes its policy away afterwards', async () => {
    fakeApt(`printf '#!/bin/sh' > ${bin()}/fixpoint-example-server; chmod +x ${bin()}/fixpoint-example-server`);

    await ensureServers([server], machine);

    expect(announced).toEqual([expect.stringContaining('Installing example-server with apt')]);
    expect(calls()).toEqual(['update', 'install with 101', 'systemctl disable --quiet example']);
    expect(existsSync(policyFile)).toBe(false);
  });

  it('leaves a policy that forbids starting as it is', async () => {
    fakeApt(`printf '#!/bin/sh' > ${bin()}/fixpoint-example-server; chmod +x ${bin()}/fixpoint-example-server`);
    writeFileSync(policyFile, '#!/bin/sh\nexit 101 # mine\n', { mode: 0o755 });

    await ensureServers([server], machine);

    expect(readFileSync(policyFile, 'utf8')).toBe('#!/bin/sh\nexit 101 # mine\n');
  });

  it('installs nothing where a policy of others lets services start', async () => {
    fakeApt('true');
    writeFileSync(policyFile, '#!/bin/sh\nexit 0\n', { mode: 0o755 });

    await expect(ensureServers([server], machine)).rejects.toThrow(/not ours to change\. Run: .*install example/);
    expect(calls()).toEqual([]);
    expect(readFileSync(policyFile, 'utf8')).toBe('#!/bin/sh\nexit 0\n');
  });

  it('waits for another apt, and goes on when that is done', async () => {
    fakeApt(`if [ ! -e ${folder.path}/tried ]; then touch ${folder.path}/tried; echo 'E: Could not get lock /var/lib/apt' >&2; exit 100; fi
      printf '#!/bin/sh' > ${bin()}/fixpoint-example-server; chmod +x ${bin()}/fixpoint-example-server`);

    await ensureServers([server], machine);
    expect(announced).toContain('Another apt is at work; waiting for it …');
    expect(calls().filter((call) => call.startsWith('install'))).toHaveLength(2);
  });

  it('gives up on another apt in the end, and says so', async () => {
    fakeApt(`echo 'E: Could not get lock /var/lib/apt' >&2; exit 100`);

    await expect(ensureServers([server], { ...machine, lockPatienceMs: 50 })).rejects.toThrow('Could not get lock');
    expect(existsSync(policyFile)).toBe(false);
  });

  it('passes on why apt could not install', async () => {
    fakeApt(`echo 'E: Unable to locate package example-server' >&2; exit 100`);

    await expect(ensureServers([server], machine)).rejects.toThrow('Unable to locate package example-server');
  });

  it('says what is missing when the package did not bring it', async () => {
    fakeApt('true');

    await expect(ensureServers([server], machine)).rejects.toThrow('Example cannot be found after installing');
  });

  it.each([
    ['FIXPOINT_INSTALL=no', { env: { FIXPOINT_INSTALL: 'no' } }, 'FIXPOINT_INSTALL=no forbids installing'],
    ['not root', { userId: 1000 }, 'only root can install packages'],
    ['no apt', { env: { PATH: '/nowhere' } }, 'there is no apt-get here'],
  ])('%s: says the line to run and installs nothing', async (_case, change, reason) => {
    fakeApt('true');

    await expect(ensureServers([server], { ...machine, ...change })).rejects.toThrow(
      new RegExp(`^Example needed, and ${reason}\\. Run: (sudo apt-get install example-server|brew install example)$`),
    );
    expect(calls()).toEqual([]);
  });
});
