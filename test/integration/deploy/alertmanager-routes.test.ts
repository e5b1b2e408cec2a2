import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ownLabel } from '../../../src/value/own-label.ts';
import { parseDuration } from '../../../src/value/duration.ts';
import { serverProgram } from '../../support/server-program.ts';
import { shippedRules } from '../../support/shipped-rules.ts';

const run = promisify(execFile);
const root = new URL('../../../', import.meta.url).pathname;
const amtool = (...args: readonly string[]) => run(join(dirname(serverProgram('alertmanager')), 'amtool'), [...args], { cwd: root });

const files = globSync('deploy/alertmanager/*.yml', { cwd: root }).toSorted();

interface Route {
  readonly receiver: string;
  readonly matchers?: readonly string[];
  readonly repeat_interval?: string;
  readonly group_interval?: string;
  readonly routes?: readonly Route[];
}

it('there is a configuration', () => {
  expect(files).toContain('deploy/alertmanager/alertmanager.yml');
});

describe.each(files)('%s', (file) => {
  const config = parse(readFileSync(join(root, file), 'utf8')) as {
    route: Route;
    receivers: readonly { name: string; webhook_configs?: readonly { url: string; send_resolved?: boolean; max_alerts?: number }[] }[];
  };
  const receiverOf = async (labels: Readonly<Record<string, string>>): Promise<string> => {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    return (await amtool('config', 'routes', 'test', `--config.file=${file}`, ...pairs)).stdout.trim();
  };

  it('is understood by amtool', async () => {
    expect((await amtool('check-config', file)).stdout).toContain('SUCCESS');
  });

  it('brings the alerts of every shipped rule to Fixpoint', async () => {
    const rules = shippedRules();
    expect(rules.length).toBeGreaterThan(5);
    for (const { matchers } of rules) {
      const labels = Object.fromEntries(matchers.flatMap(({ name, values }) => (values?.[0] ? [[name, values[0]]] : [])));
      expect(await receiverOf(labels), JSON.stringify(labels)).toBe('fixpoint');
    }
  });

  it('brings what Fixpoint raises itself to a person, and not back to Fixpoint', async () => {
    for (const severity of ['critical', 'warning'])
      expect(await receiverOf({ alertname: 'FixpointEscalation', [ownLabel]: 'true', severity, platform: 'llm-guardrails' })).toBe(
        'person',
      );
  });

  it('brings what Fixpoint only tells to people, and calls nobody', async () => {
    expect(await receiverOf({ alertname: 'FixpointNotice', [ownLabel]: 'notice', severity: 'info' })).toBe('team');
  });

  it('lets Fixpoint hear the Watchdog every few minutes', async () => {
    expect(await receiverOf({ alertname: 'Watchdog', severity: 'none' })).toBe('fixpoint');
    const route = (config.route.routes ?? []).find(({ matchers = [] }) => matchers.some((text) => text.includes('"Watchdog"')));
    // Alertmanager looks every group_interval whether repeat_interval is over.
    const longest = (parseDuration(route?.repeat_interval ?? '1d') ?? NaN) + (parseDuration(route?.group_interval ?? '1d') ?? NaN);
    expect(longest).toBeLessThanOrEqual(5 * 60_000);
  });

  it('tells Fixpoint of everything, resolved alerts too', () => {
    const hooks = config.receivers.find(({ name }) => name === 'fixpoint')?.webhook_configs ?? [];
    expect(hooks).toHaveLength(1);
    expect(hooks[0]).toMatchObject({ send_resolved: true, max_alerts: 0, url: expect.stringContaining('/api/v1/webhook/') as string });
  });
});
