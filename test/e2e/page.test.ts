import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFixpoint, type FixpointServer } from '../support/fixpoint.ts';
import { serverProgram } from '../support/server-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A person is asked; the summary and the label of the alert try to be more than text. */
const rules = `rules:
  - name: fails-once
    summary: One failure takes it its autonomy
    match: ['alertname="HighLatencyP99"', 'severity="warning"']
    mode: auto
    guards: { failureBudget: 1/1d, attempts: 1 }
    ladder:
      - remediation: diagnose-models
        with: { namespace: guardrails-platform, selector: type=ml-model, server: guardrail-server, database: nowhere }
      - remediation: scale-deployment
        with: { namespace: guardrails-platform, name: model-prompt-guard, replicas: { atLeast: 7 } }
    verify:
      within: 1m
      checks:
        - promql: { query: 'guardrail:request_latency_seconds:p99{platform="llm-guardrails"}', expect: value < -1.0, window: 15s, for: 15s }
  - name: comes-in-crowds
    summary: Held by a storm
    match: ['alertname="HighLatencyP99"', 'severity="info"']
    mode: auto
    ladder:
      - remediation: scale-deployment
        with: { namespace: guardrails-platform, name: model-prompt-guard, replicas: { atLeast: 8 } }
    verify:
      within: 1m
      checks:
        - promql: { query: 'guardrail:request_latency_seconds:p99{platform="llm-guardrails"}', expect: value < 0.1, window: 15s, for: 15s }
  - name: asks-first
    summary: The guardrail server is slow
    match: ['alertname="HighLatencyP99"']
    mode: approve
    ladder:
      - remediation: scale-deployment
        with: { namespace: guardrails-platform, name: model-prompt-guard, replicas: { atLeast: 6 } }
    verify:
      within: 10m
      checks:
        - promql: { query: 'guardrail:request_latency_seconds:p99{platform="llm-guardrails"}', expect: value < 0.1, window: 15s, for: 15s }
`;
const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const hostile = '<img src=x onerror="document.title=1">';

let fixpoint: FixpointServer;
let browser: Browser;
let page: Page;
const complaints: string[] = [];
const folder = temporaryFolder();

beforeAll(async () => {
  mkdirSync(join(folder.path, 'rules'));
  writeFileSync(join(folder.path, 'rules', 'asks-first.yaml'), rules);
  const config = join(folder.path, 'fixpoint.yaml');
  writeFileSync(config, 'defaults: { targetCooldown: 1s }\nlimits: { storm: { alerts: 5, quiet: 1h } }\n');
  fixpoint = await startFixpoint({ args: ['--sandbox', '--speed', '20', '--config', config, '--rules', join(folder.path, 'rules')] });
  browser = await chromium.launch({ executablePath: serverProgram('chromium'), args: ['--no-sandbox', ...quiet] });
  page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
});

afterAll(async () => {
  await browser.close();
  await fixpoint.stop();
  folder.remove();
});

async function fire(...alerts: readonly Readonly<Record<string, string>>[]): Promise<void> {
  const response = await fetch(`${fixpoint.url}/api/v1/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      version: '4',
      alerts: alerts.map((labels) => ({ status: 'firing', labels: { alertname: 'HighLatencyP99', ...labels } })),
    }),
  });
  expect(response.status).toBe(202);
}

describe('the page', () => {
  it('is empty and live at first', async () => {
    await page.goto(fixpoint.url);
    await page.getByText('No run yet.').waitFor();
    await page.locator('#connection').getByText('live', { exact: true }).waitFor();
  });

  it('shows what would change, and a person approves it', async () => {
    await fire({ severity: 'critical', note: hostile, dump: 'x'.repeat(1_000_000) });
    const waiting = page.getByRole('region', { name: 'Waiting for approval' });
    await waiting.getByText('spec.replicas: 3 → 6').waitFor();
    await waiting.getByRole('button', { name: 'Approve…' }).click();
    await page.getByLabel('Why?').fill('looked at it');
    await page.getByRole('dialog').getByRole('button', { name: 'approve' }).click();
    await waiting.waitFor({ state: 'hidden' });
  });

  it('follows the run until it has helped, and tells its story as text only', async () => {
    const row = page.getByRole('row', { name: /asks-first/ });
    await row.getByText('succeeded', { exact: true }).waitFor({ timeout: 60_000 });
    await row.getByRole('button', { name: 'asks-first' }).click();
    const story = page.getByRole('region', { name: /asks-first on kubernetes/ });
    await story.getByText('kubernetes.scale').waitFor();
    await story.getByText(hostile).waitFor();
    const text = (await story.textContent()) ?? '';
    expect(text).toContain('looked at it');
    // As much of a label as a person reads; and there is nothing to acknowledge.
    expect([text.includes('dump=xxx'), text.length < 20_000]).toEqual([true, true]);
    expect(await story.getByRole('button').count()).toBe(0);
    expect(await page.title()).toBe('Fixpoint');
    expect(await page.locator('img').count()).toBe(0);
  });

  it('pauses everything and resumes', async () => {
    await page.getByRole('button', { name: 'Pause everything…' }).click();
    await page.getByLabel('Why?').fill('migration');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    const pauses = page.getByRole('region', { name: 'Pauses' });
    await pauses.getByText('Paused: everything by local: migration').waitFor();
    expect(await pauses.textContent()).not.toContain('(until');
    await pauses.getByRole('button', { name: 'Resume' }).click();
    await pauses.waitFor({ state: 'hidden' });
  });

  it('pauses until a time, and asks again where that cannot be', async () => {
    const other = await browser.newPage();
    await other.goto(fixpoint.url);
    await other.getByRole('button', { name: 'Pause everything…' }).click();
    const dialog = other.getByRole('dialog');
    await dialog.getByLabel('Why?').fill('migration');
    await dialog.getByLabel('Until?').fill('soon');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await dialog.getByRole('heading', { name: /^Not paused: .*write a time/ }).waitFor();
    expect(await other.getByRole('region', { name: 'Pauses' }).isHidden()).toBe(true);
    await dialog.getByLabel('Why?').fill('migration');
    await dialog.getByLabel('Until?').fill('2h');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    const pauses = page.getByRole('region', { name: 'Pauses' });
    await pauses.getByText(/Paused: everything by local: migration \(until .+\)/).waitFor();
    await pauses.getByRole('button', { name: 'Resume' }).click();
    await pauses.waitFor({ state: 'hidden' });
    await other.close();
  });

  it('shows that a file pauses the process, and that it is gone', async () => {
    const file = join(fixpoint.data, 'PAUSED');
    writeFileSync(file, '');
    const pauses = page.getByRole('region', { name: 'Pauses' });
    await pauses.getByText(`paused by the file ${file}; to end it, remove the file`).waitFor();
    expect(await pauses.getByRole('button').count()).toBe(0);
    rmSync(file);
    await pauses.waitFor({ state: 'hidden' });
  });

  it('shows a rule that its failures have demoted, and a person restores it', async () => {
    await fire({ severity: 'warning' });
    const standing = page.getByRole('region', { name: 'Storm and demoted rules' });
    await standing.getByText(/Demoted: fails-once since .* has used up its failureBudget 1\/1d/).waitFor({ timeout: 60_000 });
    await standing.getByRole('button', { name: 'Restore…' }).click();
    await page.getByLabel('Why?').fill('the check was wrong');
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
    await standing.waitFor({ state: 'hidden' });
  });

  it('shows in grey what an optional step could not do, and lets a person say that they have seen a failure', async () => {
    await page.getByRole('button', { name: 'fails-once' }).click();
    const story = page.getByRole('region', { name: /fails-once on / });
    const skipped = story.getByText('no PostgreSQL is named "nowhere"');
    await skipped.first().waitFor();
    expect(await skipped.first().getAttribute('class')).toBe('dim');
    expect(await story.getByRole('button').allTextContents()).toEqual(['Acknowledge…']);
  });

  it('shows a storm', async () => {
    await fire(...['a', 'b', 'c', 'd', 'e', 'f'].map((note) => ({ severity: 'info', note })));
    await page.getByText('Storm: nothing new is done (alertStorm: too many alerts at once').waitFor({ timeout: 30_000 });
  });

  it('has nothing to complain about', () => expect(complaints).toEqual([]));
});
