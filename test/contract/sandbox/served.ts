import { resources } from '../../../src/sandbox/kubernetes/resource.ts';
import { recordings } from './recordings.ts';
import { replay } from './replay.ts';
import { readTranscript } from './transcript.ts';

const subresourceVerbs: Readonly<Record<string, readonly string[]>> = {
  scale: ['get', 'patch', 'update'],
  status: ['get', 'patch', 'update'],
  eviction: ['create'],
  exec: ['create', 'get'],
  log: ['get'],
};

/** `verb resource` of everything the sandbox answers. */
function served(): readonly string[] {
  return resources.flatMap(({ plural, group, verbs, subresources }) => {
    const dotted = (name: string): string => (group === '' ? name : `${name}.${group}`);
    const own = verbs.map((verb) => `${verb} ${dotted(plural)}`);
    const below = subresources.flatMap((name) => (subresourceVerbs[name] ?? ['?']).map((verb) => `${verb} ${dotted(`${plural}/${name}`)}`));
    return [...own, ...below];
  });
}

/** `docs/sandbox.md`, whole. */
export async function sandboxDocs(): Promise<string> {
  const proven = new Set<string>();
  const rows: string[] = [];
  for (const recording of recordings) {
    const outcome = await replay(readTranscript(recording.name), recording);
    for (const route of outcome.proven) proven.add(route);
    const reasons = Object.entries(recording.reasons).map(([reason, count]) => `${count}: ${reason}`);
    rows.push(`| \`${recording.name}\` | ${recording.equal} | ${reasons.join('; ')} |`);
  }
  const routes = served();
  const unproven = routes.filter((route) => !proven.has(route));
  return `# The sandbox's Kubernetes

The simulated cluster answers as a recorded Kubernetes 1.32 API server does (\`test/fixtures/kubernetes\`). A test sends every recorded request to it,
at the recorded times, and compares the answers; another holds its schema to the recorded OpenAPI definitions. What it does not simulate it answers with 501.

This page is made from the code (\`UPDATE_DOCS=1\` with \`test/contract/sandbox\`); a test compares them.

## Recordings it is held to

| recording | equal answers | left out |
|---|---|---|
${rows.join('\n')}

## Served, and backed by no recording

${proven.size} pairs of verb and resource are answered as recorded. Unproven are ${unproven.length} of the ${routes.length} that are served, besides discovery (\`/api\`, \`/apis\`), and what no recording can
show: a real kubelet, \`pods/exec\` over a WebSocket (\`v5.channel.k8s.io\`), metrics:

${grouped(unproven)}
`;
}

function grouped(routes: readonly string[]): string {
  const verbs = new Map<string, string[]>();
  for (const route of routes) {
    const [verb = '', resource = ''] = route.split(' ');
    verbs.set(resource, [...(verbs.get(resource) ?? []), verb]);
  }
  return [...verbs].map(([resource, each]) => `- \`${resource}\`: ${each.join(', ')}`).join('\n');
}
