import type { Service } from '../app/service.ts';
import { describeModes } from '../app/mode-counts.ts';
import type { Invocation } from './command.ts';

/** A few lines: where it listens, what is simulated, and how to see it work. */
export function printBanner({ print, isJson }: Invocation, { url, redis, rules, modes, limit, sandbox }: Service): void {
  if (isJson) return print(JSON.stringify({ url, redis, rules, modes, limit: limit ?? null, sandbox: sandbox ?? null }));
  print(`Fixpoint listens on ${url}   (webhook: ${url}/api/v1/webhook, page: ${url}/)`);
  print(`  ${rules} rules loaded, Redis ${redis}`);
  print(`  ${describeModes(modes, limit)}`);
  if (sandbox === undefined) return;
  print(`  simulated: ${sandbox.platforms.join(', ')}, ${sandbox.speed} times faster than real`);
  print(`  look at the simulated cluster:  kubectl --server ${sandbox.kubernetesUrl} get deployments -A`);
  print('  fire an alert:');
  const body = '{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"HighLatencyP99","severity":"critical"}}]}';
  print(`    curl -H 'content-type: application/json' ${url}/api/v1/webhook -d '${body}'`);
  print(`  and see what becomes of it:  ./fixpoint runs${url.endsWith(':8080') ? '' : ` --server ${url}`}`);
}
