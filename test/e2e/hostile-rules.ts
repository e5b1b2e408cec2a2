import { replicas } from './separate-platform.ts';

export const rules = `
  - name: note-only
    summary: Seen and noted
    match: ['alertname="Noted"', 'deployment!=""']
    mode: observe
    flap: 1s
    ladder:
      - remediation: scale
        with: { name: '\${labels.deployment}', replicas: { exactly: ${replicas.after} } }
  - name: scale-named
    summary: The subject does not depend on the label, so that the label gets as far as the plan
    match: ['alertname="Named"', 'deployment!=""']
    subject: 'redis/\${alert.fingerprint}'
    mode: auto
    ladder:
      - remediation: scale-labelled
    guards: { cooldown: 10m, attempts: 1 }
    verify: { within: 20s, checks: [rolloutComplete: {}] }
`;

/** Reads the label itself: a parameter of the ladder would be refused at intake already. */
export const remediation = `
name: scale-labelled
summary: Set the replica count of the Deployment that the alert names
params: {}
steps:
  - id: scale
    action: kubernetes.scale
    with: { kind: Deployment, namespace: default, name: '\${labels.deployment}', replicas: ${replicas.after} }
    timeout: 2s
`;
