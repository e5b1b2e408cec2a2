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

/** `docs/sandbox-routes.md`, whole. */
export async function routeDocs(): Promise<string> {
  const proven = new Set<string>();
  for (const recording of recordings) {
    const outcome = await replay(readTranscript(recording.name), recording);
    for (const route of outcome.proven) proven.add(route);
  }
  const routes = served();
  const unproven = routes.filter((route) => !proven.has(route));
  return `# What the sandbox answers without proof

Of ${routes.length} pairs of verb and resource that the simulated Kubernetes API serves, ${routes.length - unproven.length} were answered as a recording has it, status and body. No recording backs
the other ${unproven.length}; they follow the API's definition, and what is recorded of their like. This page is made by a test (\`UPDATE_DOCS=1\`), which fails when it is no longer true.

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
