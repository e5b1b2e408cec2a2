import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runTests, type TestReport, type TestResult } from '../../../src/testing/run-tests.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A Deployment `shop/web` of two replicas, as a line of YAML. */
const webDeployment =
  '{ apiVersion: apps/v1, kind: Deployment, metadata: { namespace: shop, name: web }, spec: { replicas: 2, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: "shop/web:1" }] } } } }';

const rules = `
rules:
  - name: slow
    summary: the shop is slow
    match: 'alertname="Slow"'
    subject: kubernetes/default/shop/deployment.apps/web
    mode: auto
    ladder:
      - remediation: scale
        with: { name: web, replicas: { atLeast: 4 } }
        undo: { when: resolved, after: 10m }
    guards: { cooldown: 15m, rate: 4/1h, attempts: 2, holdWhile: ['alertname="DatabaseDown"'] }
    verify:
      within: 5m
      checks: [{ promql: { query: 'latency{app="web"}', expect: value < 0.1, window: 15s } }]
    escalate: { severity: critical }
  - name: asks
    summary: asks before it acts
    match: 'alertname="Asks"'
    subject: http/admin.test:80
    mode: approve
    ladder: [{ remediation: close-breaker, with: { connection: admin, name: payments } }]
    verify: { within: 2m, checks: [{ http: { connection: admin, path: /health, status: 200, times: 2 } }] }
  - name: full
    summary: the cache is full
    match: 'alertname="Full"'
    mode: auto
    ladder: [{ remediation: more-memory, with: { connection: cache } }]
    verify: { within: 2m, checks: [{ promql: { query: 'redis_memory_used_ratio', expect: value < 0.9, window: 15s } }] }
  - name: exhausted
    summary: the database has no connections left
    match: 'alertname="Exhausted"'
    mode: auto
    ladder: [{ remediation: end-idle, with: { connection: shop } }]
    verify: { within: 2m, checks: [{ promql: { query: 'sessions', expect: value < 5.0, window: 15s } }] }
  - name: labelled
    summary: needs a label
    match: 'alertname="Labelled"'
    subject: kubernetes/default/shop/deployment.apps/\${labels.app}
    mode: plan
    ladder: [{ remediation: scale, with: { name: '\${labels.app}', replicas: { exactly: 1 } } }]
`;

const remediations: Readonly<Record<string, string>> = {
  'scale': `
name: scale
summary: scale
params: { name: { type: string, format: dns-subdomain }, replicas: { $ref: replicas } }
steps: [{ id: scale, action: kubernetes.scale, with: { kind: Deployment, namespace: shop, name: '\${params.name}', replicas: '\${params.replicas}' } }]
`,
  'close-breaker': `
name: close-breaker
summary: close a breaker
params: { connection: { type: string }, name: { type: string, format: dns-label } }
steps:
  - id: close
    action: http.request
    with:
      connection: \${params.connection}
      method: POST
      path: /breakers/\${params.name}/close
      unless: { path: /breakers, pointer: '/\${params.name}', equals: closed }
`,
  'more-memory': `
name: more-memory
summary: more memory
params: { connection: { type: string, format: dns-label } }
steps: [{ id: set, action: redis.config, with: { connection: '\${params.connection}', set: { maxmemory: 2gb, maxmemory-policy: allkeys-lru } } }]
`,
  'end-idle': `
name: end-idle
summary: end idle sessions
params: { connection: { type: string, format: dns-label } }
steps: [{ id: end, action: postgres.terminateBackends, with: { connection: '\${params.connection}', olderThan: 5m } }]
`,
};

const head = `
objects: [${webDeployment}]
alerts:
  slow: { labels: { alertname: Slow, app: web, severity: critical } }
  database: { labels: { alertname: DatabaseDown, severity: critical } }
  asks: { labels: { alertname: Asks, severity: warning } }
  full: { labels: { alertname: Full } }
  exhausted: { labels: { alertname: Exhausted } }
  labelled: { labels: { alertname: Labelled } }
metrics:
  'latency{app="web"}': { cel: 'ready("shop", "web") >= 4.0 ? 0.05 : 0.3' }
`;

export interface TestTexts {
  /** The tests of the file, from \`- name\` on; or the whole file, if it begins with another key. */
  readonly tests: string;
  /** Further keys of the file. */
  readonly extra?: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** Writes the rules of a small shop and these tests to a folder, and says where the tests are. */
export function writeTests({ tests, extra = '', files = {} }: TestTexts): {
  readonly path: string;
  readonly folder: string;
  remove(): void;
} {
  const folder = temporaryFolder();
  const all = {
    'rules/shop.yaml': rules,
    ...Object.fromEntries(Object.entries(remediations).map(([name, text]) => [`remediations/${name}.yaml`, text])),
    'rules/tests/shop.yaml': /^\s*- name:/.test(tests) ? `${extra}${head}tests:\n${tests}` : tests,
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), text);
  }
  return { path: join(folder.path, 'rules/tests/shop.yaml'), folder: folder.path, remove: () => folder.remove() };
}

/** Runs such tests. */
export async function runTexts(texts: TestTexts): Promise<TestReport> {
  const written = writeTests(texts);
  try {
    return await runTests([written.path], {});
  } finally {
    written.remove();
  }
}

/** What went wrong, one text a difference: empty where all passed. */
export async function failuresOf(texts: TestTexts): Promise<readonly string[]> {
  const { files } = await runTexts(texts);
  return files.flatMap(({ problems, tests }) => [
    ...problems.map(({ line, column, message }) => `${line}:${column}: ${message}`),
    ...tests.flatMap((test) => test.failures.map((failure) => differenceOf(test, failure))),
  ]);
}

function differenceOf({ name }: TestResult, { message, expected, got }: TestResult['failures'][number]): string {
  return [
    `${name}: ${message}`,
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(got === undefined ? [] : [`got ${got}`]),
  ].join('; ');
}
