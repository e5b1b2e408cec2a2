import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { startAlertmanager } from '../../support/alertmanager.ts';
import { startPostgres } from '../../support/postgres.ts';
import { startPrometheus } from '../../support/prometheus.ts';
import { startRedis } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';

const execute = promisify(execFile);

describe('the real servers of the tests', () => {
  it('Redis keeps acknowledged writes over kill -9 when told to persist', async () => {
    await using server = await startRedis({ persist: true });
    const client = new Redis(server.url, { maxRetriesPerRequest: null });
    client.on('error', () => {});
    await client.set('kept', 'yes');

    await server.kill9();
    expect(server.isRunning()).toBe(false);
    await server.restart();

    expect(await client.get('kept')).toBe('yes');
    client.disconnect();
  });

  it('Redis can be frozen and thawed', async () => {
    await using server = await startRedis();
    const client = new Redis(server.url, { commandTimeout: 100, maxRetriesPerRequest: 0 });
    await client.ping();

    server.freeze();
    await expect(client.ping()).rejects.toThrow('timed out');
    server.thaw();

    await waitUntil(async () => (await client.ping()) === 'PONG', { describe: 'Redis answers again' });
    client.disconnect();
  });

  it('Redis listens on a Unix socket alone, and leaves nothing behind', async () => {
    const server = await startRedis({ unixSocket: true });
    const client = new Redis(server.url);
    expect(await client.ping()).toBe('PONG');
    expect(existsSync(server.url)).toBe(true);
    client.disconnect();

    await server.stop();
    expect(existsSync(server.url)).toBe(false);
    expect(server.isRunning()).toBe(false);
  });

  it('PostgreSQL answers queries, again after a restart', async () => {
    await using server = await startPostgres();
    const query = async (sql: string): Promise<string> => {
      const { stdout } = await execute(join(server.binFolder, 'psql'), ['-At', '-d', server.url, '-c', sql]);
      return stdout.trim();
    };
    await query('create table kept (n int); insert into kept values (42)');

    await server.restart();

    expect(await query('select n from kept')).toBe('42');
  });

  it('Prometheus scrapes, evaluates rules and sends to Alertmanager', async () => {
    await using alertmanager = await startAlertmanager({ config: 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n' });
    await using prometheus = await startPrometheus({
      config: [
        'global: { scrape_interval: 1s, evaluation_interval: 1s }',
        'rule_files: [rules.yml]',
        `alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:${alertmanager.port}'] }] }] }`,
      ].join('\n'),
      files: { 'rules.yml': 'groups: [{ name: g, rules: [{ alert: Always, expr: vector(1), labels: { severity: info } }] }]' },
    });

    const alerts = await waitUntil(
      async () => {
        const answer = await fetch(`${alertmanager.url}/api/v2/alerts`);
        const list: { labels: Record<string, string> }[] = JSON.parse(await answer.text());
        return list.length > 0 && list;
      },
      { describe: `the alert arrives; Prometheus wrote ${prometheus.output()}` },
    );

    expect(alerts.map(({ labels }) => labels)).toEqual([{ alertname: 'Always', severity: 'info' }]);
  });

  it('a server that cannot start says why', async () => {
    await expect(startAlertmanager({ config: 'no: config' })).rejects.toThrow(/Alertmanager ended at once[\s\S]*field no not found/);
  });
});
