import { actions, shapeOf } from '../../../src/actions/catalogue.ts';
import type { AnyAction } from '../../../src/actions/action.ts';
import { checkShapes } from '../../../src/checks/catalogue.ts';
import { formatProblem, loadRulebook } from '../../../src/rule/load.ts';
import type { Limits } from '../../../src/rule/guard-settings.ts';
import type { Rulebook } from '../../../src/rule/rulebook.ts';
import { ring } from './test-actions.ts';

export const testActions: ReadonlyMap<string, AnyAction> = new Map([...actions, [ring.name, ring as AnyAction]]);

const shapes = { actions: new Map([...testActions].map(([name, action]) => [name, shapeOf(action)])), checks: checkShapes };

const remediations = [
  `
name: scale
summary: Set a replica count
params:
  name: { type: string, format: dns-subdomain }
  replicas: { $ref: replicas }
steps:
  - { id: scale, action: kubernetes.scale, with: { namespace: shop, name: '\${params.name}', replicas: '\${params.replicas}' }, timeout: 30s }
`,
  `
name: scale-both
summary: Set two replica counts, one after the other
params: {}
steps:
  - { id: web, action: kubernetes.scale, with: { namespace: shop, name: web, replicas: { atLeast: 4 } }, timeout: 30s }
  - { id: db, action: kubernetes.scale, with: { namespace: shop, name: db, replicas: { atLeast: 2 } }, timeout: 30s }
`,
  `
name: scale-twice
summary: Set the replica count of one thing in two steps
params: {}
steps:
  - { id: some, action: kubernetes.scale, with: { namespace: shop, name: web, replicas: { atLeast: 3 } }, timeout: 30s }
  - { id: all, action: kubernetes.scale, with: { namespace: shop, name: web, replicas: { atLeast: 4 } }, timeout: 30s }
`,
  `
name: scale-on
summary: Set the replica count of one thing, and then by what came of it
params: {}
steps:
  - { id: some, action: kubernetes.scale, with: { namespace: shop, name: web, replicas: { atLeast: 3 } }, timeout: 30s }
  - { id: more, action: kubernetes.scale, with: { namespace: shop, name: web, replicas: '\${int(steps.some.output.replicas) + 1}' }, timeout: 30s }
`,
  `
name: wait-between
summary: Set two replica counts, the first after a while, the second when the first is felt
params: { room: { type: boolean, default: true } }
steps:
  - { id: room, action: flow.assert, with: { that: '\${params.room}', otherwise: 'there is no room for more' } }
  - { id: pause, action: flow.wait, with: { for: 20s } }
  - { id: web, action: kubernetes.scale, with: { namespace: shop, name: web, replicas: { atLeast: 4 } }, timeout: 30s }
  - { id: all, action: flow.waitFor, with: { action: prometheus.query, with: { query: slowness }, until: output.value < 1 } }
  - { id: db, action: kubernetes.scale, with: { namespace: shop, name: db, replicas: { atLeast: 2 } }, timeout: 30s }
`,
  `
name: scale-by
summary: Set a replica count by what a query says
params: { query: { type: string }, factor: { type: number } }
values: { wanted: { promql: '\${params.query}', over: max } }
steps:
  - id: scale
    action: kubernetes.scale
    with: { namespace: shop, name: web, replicas: { atLeast: '\${ceil(values.wanted * params.factor)}' } }
    timeout: 30s
`,
  `
name: look
summary: Read what there is to see; nothing is changed
params: {}
steps:
  - { id: slowness, action: prometheus.query, with: { query: slowness } }
  - { id: memory, action: redis.info, with: { connection: cache }, optional: true }
`,
  `
name: ring
summary: Do what cannot be repeated
params: {}
steps:
  - { id: ring, action: test.ring, with: { name: bell }, timeout: 30s }
`,
];

/** The rulebook of one file's text, with the remediations above; throws what is wrong with it. */
export function rulebookOf(text: string, limits: Limits = {}): Rulebook {
  const { rulebook, problems } = loadRulebook({
    rules: [{ file: 'rules.yaml', text }],
    remediations: remediations.map((remediation, index) => ({ file: `remediation-${index}.yaml`, text: remediation })),
    shapes,
    limits,
  });
  if (rulebook === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return rulebook;
}

/** Scales `web` to four when the alert `Slow` fires; well when the query says less than 1, held for 30 s. */
export function slowRule(
  given: { mode?: string; guards?: string; ladder?: string; more?: string; name?: string; verify?: string } = {},
): string {
  return `
  - name: ${given.name ?? 'slow'}
    summary: web is slow
    match: ['alertname="Slow"']
    subject: kubernetes/default/shop/deployment.apps/web
    mode: ${given.mode ?? 'auto'}
    ladder: ${given.ladder ?? '[{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } } }]'}
    guards: ${given.guards ?? '{ cooldown: 5m, rate: 4/1h, attempts: 2 }'}
    verify: ${given.verify ?? "{ within: 3m, checks: [{ promql: { query: slowness, expect: 'value < 1.0', window: 15s, for: 30s } }] }"}
    flap: 5m
    escalate: { severity: critical }
    ${given.more ?? ''}
`;
}

/** One file with these rules. */
export function rulesFile(...rules: readonly string[]): string {
  return `rules:${rules.join('')}`;
}
