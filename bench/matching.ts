import { shapes } from '../src/app/shapes.ts';
import { loadRulebook } from '../src/rule/load.ts';
import { parse } from 'yaml';
import { median, short } from './figures.ts';

const remediation = {
  file: 'restart.yaml',
  text: 'name: restart\nsummary: s\nsteps: [{ id: r, action: kubernetes.restart, with: { namespace: a, name: b } }]\n',
};

/** 95 % with alert names of their own, 4 % sharing one with a regex each, 1 % without a name. */
function rulesText(count: number): string {
  const match = (index: number) => {
    if (index % 100 === 0) return `['team="t${index}"']`;
    if (index % 25 === 1) return `['alertname="Shared"', 'service=~"svc-${index}-.*"']`;
    return `['alertname="Alert${index}"']`;
  };
  const rule = (index: number) =>
    `  - name: rule-${index}\n    summary: s\n    match: ${match(index)}\n    mode: plan\n    ladder: [{ remediation: restart }]\n    verify: { within: 5m, checks: [{ rolloutComplete: {} }] }\n`;
  return `rules:\n${Array.from({ length: count }, (_unused, index) => rule(index)).join('')}`;
}

/** Matching 10,000 rules against 1,000, and loading 1,000 against parsing the same YAML. */
export async function matching({ rounds }: { rounds: number }): Promise<readonly string[]> {
  const micros = new Map<number, number[]>([
    [1000, []],
    [10_000, []],
  ]);
  const books = new Map(
    [...micros.keys()].map((count) => [
      count,
      loadRulebook({ rules: [{ file: 'rules.yaml', text: rulesText(count) }], remediations: [remediation], shapes: shapes() }).rulebook,
    ]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const [count, book] of books) {
      if (book === undefined) throw new Error('the rules of the bench do not load');
      const alerts = Array.from({ length: 2000 }, (_unused, index) => alert(index, count));
      const from = performance.now();
      for (const one of alerts) book.match(one);
      micros.get(count)?.push(((performance.now() - from) * 1000) / alerts.length);
    }
  }
  const [thousand = [], tenThousand = []] = [...micros.values()];
  const text = rulesText(1000);
  const time = (work: () => unknown) => {
    const from = performance.now();
    work();
    return performance.now() - from;
  };
  const loads: number[] = [];
  const parses: number[] = [];
  for (let round = 0; round < rounds; round++) {
    loads.push(time(() => loadRulebook({ rules: [{ file: 'rules.yaml', text }], remediations: [remediation], shapes: shapes() })));
    parses.push(time(() => parse(text)));
  }
  return [
    `matching: 10,000 rules ${short(median(tenThousand))} µs an alert, 1,000 rules ${short(median(thousand))} µs, ratio ${short(median(tenThousand) / median(thousand))}; to beat: 50 µs, 2`,
    `load of 1,000 rules: ${short(median(loads))} ms, YAML parsing alone ${short(median(parses))} ms, ratio ${short(median(loads) / median(parses))}; to beat: 1,500 ms, 2`,
  ];
}

function alert(index: number, count: number) {
  const isShared = index % 25 === 1;
  const labels: Record<string, string> = isShared
    ? { alertname: 'Shared', service: `svc-${index % count}-a` }
    : { alertname: `Alert${(index * 7) % count}`, pod: `p${index}` };
  return { source: 's', fingerprint: String(index), status: 'firing' as const, labels, annotations: {}, startsAt: 0 };
}
