import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { optionSpecs } from '../../../src/config/options.ts';
import { loadFrom } from './load-from.ts';

const inFile = {
  listen: '127.0.0.1:1003',
  logLevel: 'warn',
  rules: '/file/rules',
  remediations: '/file/rem',
  data: '/file/data',
  redis: 'redis://file',
};
const yaml = `listen: ${inFile.listen}\nlog: { level: ${inFile.logLevel} }\nrules: ${inFile.rules}\nremediations: ${inFile.remediations}\ndata: ${inFile.data}\nstore: { redis: '${inFile.redis}' }\n`;
const inEnvironment = {
  listen: '127.0.0.1:1002',
  logLevel: 'error',
  rules: '/env/rules',
  remediations: '/env/rem',
  data: '/env/data',
  redis: 'redis://env',
};
const environment = Object.fromEntries(
  Object.entries(inEnvironment).map(([name, value]) => [optionSpecs[name as keyof typeof inEnvironment].variable, value]),
);
const flags = {
  listen: '127.0.0.1:1001',
  logLevel: 'debug',
  rules: '/flag/rules',
  remediations: '/flag/rem',
  data: '/flag/data',
  redis: 'redis://flag',
};

const values = ({ config }: ReturnType<typeof loadFrom>) =>
  config && {
    listen: `${config.listen.host}:${config.listen.port}`,
    logLevel: config.logLevel,
    rules: config.rules,
    remediations: config.remediations,
    data: config.data,
    redis: config.redis?.().reveal(),
  };

describe('a setting', () => {
  it('comes from the flag first', () => expect(values(loadFrom({ yaml, environment, flags }))).toEqual(flags));
  it('then from the environment', () => expect(values(loadFrom({ yaml, environment }))).toEqual(inEnvironment));
  it('then from the file', () => expect(values(loadFrom({ yaml }))).toEqual(inFile));
  it('then from its default', () =>
    expect(values(loadFrom({}))).toEqual({
      listen: '127.0.0.1:8080',
      logLevel: 'info',
      rules: resolve('rules'),
      remediations: resolve('remediations'),
      data: resolve('data'),
      redis: undefined,
    }));
  it('says where it comes from', () => {
    const { config, folder } = loadFrom({ yaml, environment: { FIXPOINT_DATA: '/env' }, flags: { listen: '127.0.0.1:1' } });
    expect(config?.origins).toMatchObject({
      listen: { from: 'flag --listen' },
      data: { from: 'environment FIXPOINT_DATA' },
      logLevel: { from: join(folder, 'fixpoint.yaml') },
    });
  });
  it('counts an empty variable as none', () =>
    expect(values(loadFrom({ yaml, environment: { FIXPOINT_LISTEN: '' } }))?.listen).toBe(inFile.listen));
});

describe('relative paths', () => {
  it('start at the folder of the file when the file has them', () => {
    const { config, folder } = loadFrom({ yaml: 'rules: here\npause: { file: STOP }\nclusters: { main: { kubeconfig: kube/config } }' });
    expect(config?.rules).toBe(join(folder, 'here'));
    expect(config?.pauseFile).toBe(join(folder, 'STOP'));
    expect(config?.clusters.get('main')).toEqual({ kind: 'kubeconfig', file: join(folder, 'kube/config') });
  });
  it('start at the working directory when a flag or variable has them', () => {
    const { config } = loadFrom({ flags: { rules: 'here' }, environment: { FIXPOINT_DATA: 'there' } });
    expect([config?.rules, config?.data]).toEqual([resolve('here'), resolve('there')]);
    expect(config?.pauseFile).toBe(resolve('there/PAUSED'));
  });
});

describe('listen', () => {
  it.each([
    ['9000', { host: '127.0.0.1', port: 9000 }],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
  ])('takes %s', (listen, expected) => expect(loadFrom({ flags: { listen } }).config?.listen).toEqual(expected));

  it.each([
    'localhost',
    '127.0.0.1:',
    ':8080',
    '127.0.0.1:65536',
    '127.0.0.1:8o80',
    '::1:8080',
    'http://127.0.0.1:80',
    '127.0.0.1:-1',
    'a b:80',
  ])('refuses %s', (listen) =>
    expect(loadFrom({ flags: { listen } }).problems).toEqual([
      `listen: expected an address such as 127.0.0.1:8080, found ${JSON.stringify(listen)}`,
    ]),
  );
});

describe('FIXPOINT_PAUSED', () => {
  it.each(['1', 'true', 'yes', 'database migration'])('%s pauses', (text) =>
    expect(loadFrom({ environment: { FIXPOINT_PAUSED: text } }).config?.pausedByEnvironment).toBe(text),
  );
  it.each(['', '0', 'false', 'No'])('%j does not', (text) =>
    expect(loadFrom({ environment: { FIXPOINT_PAUSED: text } }).config?.pausedByEnvironment).toBeUndefined(),
  );
});
