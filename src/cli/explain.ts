import { shortened } from '../value/shortened.ts';
import { callServer, serverOptions } from './api-client.ts';
import { textOption, type Command } from './command.ts';
import { readJsonFile } from './read-json-file.ts';
import { oneLine } from './terminal-text.ts';

/** Characters of one line. */
const longestLine = 1000;

interface Explained {
  readonly alerts: readonly {
    readonly fingerprint: string;
    readonly rules: readonly {
      readonly rule: string;
      readonly matched: boolean;
      readonly reason: string;
      readonly subject?: string;
      readonly decisions?: readonly { guard: string; decision: string; reason: string }[];
    }[];
  }[];
}

export const explain: Command = {
  name: 'explain',
  summary:
    'What would be done with these alerts, and why; changes nothing. A webhook message, or alerts as Alertmanager or Prometheus list them.',
  usage: '<alerts.json> [--source <name>]',
  example: 'fixpoint explain alert.json',
  options: { ...serverOptions, source: { type: 'string' } },
  positionals: { least: 1, most: 1 },
  async run(invocation) {
    const [file = ''] = invocation.positionals;
    const source = textOption(invocation.values, 'source');
    const query = source === undefined ? '' : `?source=${encodeURIComponent(source)}`;
    const answer = (await callServer(invocation, {
      method: 'POST',
      path: `/api/v1/explain${query}`,
      body: readJsonFile(file),
    })) as Explained;
    if (invocation.isJson) invocation.print(JSON.stringify(answer));
    else for (const alert of answer.alerts) printAlert(invocation.print, alert);
    return 0;
  },
};

function printAlert(print: (line: string) => void, { fingerprint, rules }: Explained['alerts'][number]): void {
  const printLine = (line: string) => print(oneLine(shortened(line, longestLine)));
  printLine(`alert ${fingerprint}`);
  const others = Map.groupBy(rules, ({ reason }) => (reason.startsWith('not looked at') ? reason : ''));
  for (const { rule, matched, reason, subject, decisions = [] } of others.get('') ?? []) {
    printLine(`  ${matched ? '✓' : '·'} ${rule}: ${reason}${subject === undefined ? '' : ` → ${subject}`}`);
    for (const decision of decisions) printLine(`      ${decision.guard}: ${decision.decision}, ${decision.reason}`);
  }
  for (const [reason, unseen] of others) {
    const [first] = unseen;
    if (reason === '' || first === undefined) continue;
    printLine(`  · ${unseen.length === 1 ? first.rule : `${unseen.length} further rules`}: ${reason}`);
  }
}
