import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { recordings } from './recordings.ts';
import { readTranscript } from './transcript.ts';

const url = new URL('../../../docs/sandbox.md', import.meta.url);

const intro = `# The sandbox, and what proves it

\`npm start\` and \`fixpoint sandbox\` run against a simulated Kubernetes API with five platforms that fall ill and recover. It is held to traffic that was recorded from a
real API server with real controllers (\`test/fixtures/kubernetes\`): the recorded requests are sent to it at the recorded times, and its answers must be equal, identifiers
and times aside. What it does not simulate it answers with 501 and says so; [its routes](sandbox-routes.md) are listed apart. This table is made from the test (\`UPDATE_DOCS=1\`).

Its world lives in its process and does not survive a kill, or any other end: the next start makes every object anew, with other uids. Runs do survive, in Redis, as they would in front of a real
cluster: one that was under way goes on, finds that the workload it changed \`is another object by now\`, says so in its verdict, and does not count that as success.
`;

const unproven = `## Not proven by any recording

- A real kubelet: when pods start and end, container statuses, logs, Events of the scheduler and kubelet.
- \`metrics.k8s.io\`: recorded is only that it is absent or down; what the sandbox tells of use is part of what pods ask for.
- \`pods/exec\`: its protocol follows the public description.
- \`VirtualService\` and other custom resources: stored as written, and nothing acts on them.
- Autoscalers keep their bounds, as recorded without metrics; scaling by metrics is not simulated.
- Discovery (\`/api\`, \`/apis\`), as far as kubectl asks for it.
- EndpointSlices: one for each Service with a selector, made as a recording shows them; its pods, ports and zones cannot be replayed.
- Endpoints, server-side apply, leases: not simulated (501).
`;

function made(): string {
  const rows = readdirSync(new URL('../../fixtures/kubernetes/transcripts/', import.meta.url))
    .map((file) => file.replace(/\.json$/, ''))
    .toSorted()
    .map((name) => {
      const total = readTranscript(name).exchanges.length;
      const served = recordings.find((recording) => recording.name === name);
      const reasons = Object.entries(served?.reasons ?? { 'not served': total }).map(([reason, count]) => `${count}: ${reason}`);
      return `| ${name} | ${served?.equal ?? 0} of ${total} | ${reasons.join('; ')} |`;
    });
  const equal = recordings.reduce((sum, recording) => sum + recording.equal, 0);
  return [
    intro,
    '| recording | equal answers | left out |',
    '|---|---|---|',
    ...rows,
    '',
    `${equal} exchanges are answered as recorded.`,
    '',
    unproven,
  ].join('\n');
}

it('docs/sandbox.md says what the recordings prove (UPDATE_DOCS=1 rewrites it)', () => {
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(url, made());
  expect(existsSync(url) ? readFileSync(url, 'utf8') : '').toBe(made());
});
