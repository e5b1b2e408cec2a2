import { namespace } from './deployment.ts';

/** What the checker holds each rule to; the rules below say the same to the engine. Durations in ms. */
export interface Promise {
  readonly attempts: number;
  readonly cooldown: number;
  /** At most `count` runs of the rule in any `window`. */
  readonly rate?: { readonly count: number; readonly window: number };
}

export const promises: Readonly<Record<string, Promise>> = {
  'scale-up': { attempts: 2, cooldown: 2000 },
  'ladder': { attempts: 1, cooldown: 2000 },
  'both': { attempts: 1, cooldown: 2000 },
  'ring': { attempts: 1, cooldown: 2000 },
  'stubborn': { attempts: 1, cooldown: 2000 },
  'contended-scale': { attempts: 2, cooldown: 2000 },
  'contended-restart': { attempts: 2, cooldown: 2000 },
  'limited': { attempts: 2, cooldown: 1000, rate: { count: 2, window: 12_000 } },
  'relapse': { attempts: 2, cooldown: 2500 },
  'approved': { attempts: 1, cooldown: 2000 },
  'undone-later': { attempts: 1, cooldown: 2000 },
  'undone-rung': { attempts: 1, cooldown: 2000 },
  'sibling-first': { attempts: 1, cooldown: 2000 },
  'sibling-second': { attempts: 1, cooldown: 2000 },
};

const label = '${labels.target}';
const scale = `{ remediation: scale, with: { name: '${label}', replicas: { exactly: 4 } } }`;
const restart = `{ remediation: restart, with: { name: '${label}' } }`;

interface Extras {
  readonly ladder?: string;
  readonly mode?: string;
  readonly more?: string;
}

function rule(name: string, alertname: string, { ladder = `[${scale}]`, mode = 'auto', more = '' }: Extras = {}): string {
  const { attempts, cooldown, rate } = promises[name] ?? { attempts: 1, cooldown: 1000 };
  const limit = rate === undefined ? '1000/1h' : `${rate.count}/${rate.window}ms`;
  return `
  - name: ${name}
    summary: A target of the harness is ill
    match: ['alertname="${alertname}"']
    subject: 'kubernetes/default/${namespace}/deployment.apps/${label}'
    mode: ${mode}
    ladder: ${ladder}
    guards: { cooldown: ${cooldown}ms, rate: ${limit}, attempts: ${attempts} }
    flap: 1500ms
    ${more}
    verify:
      within: 4s
      resolve: 3s
      checks:
        - promql: { query: 'chaos_ill{target="${label}",alertname="${alertname}"}', expect: value < 1.0, window: 20ms, scrape: 20ms, for: 150ms }
`;
}

/** The first rung does not help, and soon says so. */
const scaleInVain = scale.replace(/ }$/, ', verify: { within: 700ms }, timeout: 4s }');

export const ruleFile = `rules:${[
  rule('scale-up', 'ChaosScale'),
  rule('ladder', 'ChaosLadder', { ladder: `[${scaleInVain}, ${restart}]` }),
  rule('both', 'ChaosBoth', { ladder: `[{ remediation: both, with: { name: '${label}' } }]` }),
  rule('ring', 'ChaosRing', { ladder: `[{ remediation: ring, with: { name: '${label}' } }]` }),
  rule('stubborn', 'ChaosStubborn', { ladder: `[${scaleInVain}]` }),
  rule('contended-scale', 'ChaosContendedScale'),
  rule('contended-restart', 'ChaosContendedRestart', { ladder: `[${restart}]` }),
  rule('limited', 'ChaosLimited'),
  rule('relapse', 'ChaosRelapse'),
  rule('undone-later', 'ChaosUndoneLater', { ladder: `[${scale.replace(/ }$/, ', undo: { when: resolved, after: 1s } }')}]` }),
  rule('undone-rung', 'ChaosUndoneRung', { ladder: `[${scaleInVain.replace(/ }$/, ', undo: { when: failed } }')}, ${restart}]` }),
  rule('sibling-first', 'ChaosSiblings', { ladder: `[${scaleInVain}]`, more: 'continue: true' }),
  rule('sibling-second', 'ChaosSiblings', { ladder: `[${restart}]` }),
  rule('approved', 'ChaosApprove', { mode: 'approve' }),
].join('')}`;

const name = 'params: { name: { type: string, format: dns-subdomain } }';
const withName = "with: { namespace: chaos, name: '${params.name}' }, timeout: 2s";

export const remediationFiles: Readonly<Record<string, string>> = {
  'scale.yaml': `
name: scale
summary: Set the replica count of a Deployment
params: { name: { type: string, format: dns-subdomain }, replicas: { $ref: replicas } }
steps:
  - { id: scale, action: kubernetes.scale, with: { namespace: chaos, name: '\${params.name}', replicas: '\${params.replicas}' }, timeout: 2s }
`,
  'restart.yaml': `
name: restart
summary: Restart a Deployment
${name}
steps:
  - { id: restart, action: kubernetes.restart, ${withName} }
`,
  'both.yaml': `
name: both
summary: Set the replica count of a Deployment, then restart it
${name}
steps:
  - { id: scale, action: kubernetes.scale, with: { namespace: chaos, name: '\${params.name}', replicas: { atLeast: 3 } }, timeout: 2s }
  - { id: restart, action: kubernetes.restart, ${withName} }
`,
  'ring.yaml': `
name: ring
summary: Ring a bell, which cannot be taken back
${name}
steps:
  - { id: ring, action: chaos.ring, with: { name: '\${params.name}' }, timeout: 2s }
`,
};

/**
 * The configuration of one process; everything it reaches lies behind its own proxy. What would stop a rule for its reach, or everything
 * for a storm, is out of the way: chaos is one.
 */
export function configFile({ world, redis, listen }: { world: number; redis: string; listen: number }): string {
  const url = `http://127.0.0.1:${world}`;
  return `
listen: 127.0.0.1:${listen}
store: { redis: '${redis}' }
log: { level: info }
sources:
  chaos: { evidence: api, alertmanager: '${url}', prometheus: world }
prometheus:
  world: { url: '${url}' }
http:
  bells: { origin: '${url}' }
limits: { storm: { subjects: 100000, alerts: 100000, window: 1m } }
defaults: { targetCooldown: 200ms, blastRadius: { targets: 1000, window: 1m }, failureBudget: 10000/1h, recurrence: 10000/1h }
protected: { targets: ['kubernetes/*/${namespace}/deployment.apps/kept-*'] }
escalation:
  - alertmanager: { url: '${url}' }
`;
}
