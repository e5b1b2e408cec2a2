import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

const run = promisify(execFile);

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [key: string]: unknown;
}

/** The least kubectl whose kustomize knows what the overlays use. */
const least = 22;

/** What `kubectl kustomize` makes of a folder; a kubectl that is missing, or too old (Debian's kubernetes-client is 1.20), is named. */
export async function kustomize(folder: string): Promise<readonly Manifest[]> {
  const version = await run('kubectl', ['version', '--client', '-o', 'json']).then(
    ({ stdout }) => (JSON.parse(stdout) as { clientVersion: { gitVersion: string } }).clientVersion.gitVersion,
    () => undefined,
  );
  const minor = Number(/^v1\.(\d+)/.exec(version ?? '')?.[1] ?? 0);
  if (minor < least)
    throw new Error(
      `kubectl 1.${least} or newer is needed by this test, for its kustomize; ${version === undefined ? 'none is on PATH' : `${version} is on PATH`}`,
    );
  const { stdout } = await run('kubectl', ['kustomize', folder], { maxBuffer: 2 ** 26 });
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}
