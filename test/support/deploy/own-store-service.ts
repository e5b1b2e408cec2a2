import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startFixpoint, type FixpointServer } from '../fixpoint.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { waitUntil } from '../wait-until.ts';

const root = new URL('../../../', import.meta.url).pathname;

const rules = `
rules:
  - name: grow
    summary: It has too little to work with
    match: ['alertname="Grow"']
    mode: auto
    ladder:
      - remediation: scale-deployment
        with: { namespace: guardrails-platform, name: '\${labels.deployment}', replicas: { atLeast: 4 } }
        undo: { when: resolved, after: 10s }
    flap: 10s
    verify: { within: 2m, checks: [{ rolloutComplete: {} }] }
`;

interface RunLine {
  readonly id: string;
  readonly kind: string;
  readonly phase: string;
  readonly subject: string;
}

/** A service with its sandbox on a store of the test's: `store` is that part of its configuration. */
export async function startOnStore(store: object, files: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  mkdirSync(at('rules'));
  writeFileSync(at('rules/grow.yaml'), rules);
  for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
  writeFileSync(at('fixpoint.yaml'), JSON.stringify({ store, sources: { watched: { evidence: 'receipt' } } }));
  let service: FixpointServer;
  try {
    service = await startFixpoint({
      args: [
        '--sandbox',
        '--speed',
        '50',
        '--config',
        at('fixpoint.yaml'),
        '--rules',
        at('rules'),
        '--remediations',
        join(root, 'remediations'),
      ],
    });
  } catch (error) {
    folder.remove();
    throw error;
  }
  const ask = async (method: string, path: string, body?: object) =>
    await fetch(service.url + path, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(5000),
    });
  return {
    service,
    ask,
    /** Tells of an alert until it is taken, as an Alertmanager would. */
    async alert(deployment: string, status: 'firing' | 'resolved' = 'firing'): Promise<void> {
      const message = { version: '4', alerts: [{ status, labels: { alertname: 'Grow', deployment } }] };
      await waitUntil(async () => (await ask('POST', '/api/v1/webhook/watched', message)).status === 202, {
        timeoutMs: 40_000,
        intervalMs: 200,
        describe: () => `the alert to be taken; the service wrote:\n${service.output().slice(-4000)}`,
      });
    },
    /** Waits for the run of a kind on a deployment to come to a phase. */
    async until(deployment: string, wanted: { kind: 'remediation' | 'undo'; phase: string }): Promise<void> {
      let seen: readonly string[] = [];
      await waitUntil(
        async () => {
          const { runs } = (await (await ask('GET', '/api/v1/runs')).json()) as { runs: readonly RunLine[] };
          const here = runs.filter(({ subject }) => subject.endsWith(`/${deployment}`));
          seen = here.map(({ kind, phase }) => `${kind} ${phase}`);
          return here.some(({ kind, phase }) => kind === wanted.kind && phase === wanted.phase);
        },
        {
          timeoutMs: 40_000,
          intervalMs: 100,
          describe: () => `${wanted.kind} of ${deployment} to be ${wanted.phase}; there are: ${seen.join(', ')}`,
        },
      );
    },
    async pause(): Promise<string> {
      const response = await ask('POST', '/api/v1/pauses', { scope: { kind: 'global' }, reason: 'a test' });
      expect(response.status).toBe(201);
      return ((await response.json()) as { id: string }).id;
    },
    async stop(): Promise<void> {
      await service.stop();
      folder.remove();
    },
  };
}
