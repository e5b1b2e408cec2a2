import { stringify } from 'yaml';
import { actions } from '../../../src/actions/catalogue.ts';
import { checks } from '../../../src/checks/catalogue.ts';
import { guards } from '../../../src/guards/catalogue.ts';
import type { Guard } from '../../../src/guards/guard.ts';
import { actionExamples, checkExamples, guardExamples, guardMetrics } from './examples.ts';
import { parameterTable } from './parameter-table.ts';

const made = 'This page is made from the code (`UPDATE_DOCS=1` with `test/unit/docs`); a test compares them.';

const effects = {
  read: 'reads only; nothing is applied',
  converge: 'converges: applied twice is applied once',
  once: 'cannot converge: it is never repeated without a person',
} as const;

const asks: Readonly<Record<Guard['asks'], string>> = {
  inside: 'asks nothing outside',
  outside: 'asks the outside',
  ledger: 'asks the ledger, together with all others that do',
};

/** `docs/actions.md`, whole. */
export function actionDocs(): string {
  const parts = [...actions.values()].map(({ name, summary, effect, most, literal, output, params }) => {
    const paragraphs = [
      summary,
      `Effect: ${effects[effect]}.`,
      ...(most === undefined
        ? []
        : [`By itself it does no more than mode \`${most}\`, unless \`limits.actions\` in fixpoint.yaml says otherwise.`]),
      ...(literal === undefined ? [] : [`Without \`\${…}\`: ${literal.map((parameter) => `\`${parameter}\``).join(', ')}.`]),
      parameterTable(params),
      ...(output === undefined ? [] : [`Output: ${output}.`]),
      example({ action: name, with: actionExamples[name] }),
    ];
    return section(name, paragraphs);
  });
  const intro =
    'What a step of a remediation can do. Every action first plans (reads, and names each change as from → to) and only then applies that plan.';
  return page('Actions', intro, parts);
}

/** `docs/checks.md`, whole. */
export function checkDocs(): string {
  const parts = [...checks.values()].map(({ name, summary, positive, params }) => {
    const strength = positive ? 'Positive evidence: it can make a run succeed.' : 'Supporting evidence only: it is never enough by itself.';
    return section(name, [summary, strength, parameterTable(params), example([{ [name]: checkExamples[name] }])]);
  });
  const intro =
    'What a rule or rung can ask under `verify: checks:` to know that it helped. A check without data is inconclusive, and inconclusive counts as failed in the end.';
  return page('Checks', intro, parts);
}

/** `docs/guards.md`, whole. */
export function guardDocs(): string {
  const parts = guards.map(({ name, summary, tier, asks: asked, undo, unanswered, fallback, limit, outcomes }) => {
    const strength =
      tier === 'mandatory'
        ? 'Mandatory: no rule can change it or leave it out'
        : 'Configurable: a rule may change it within the limits of fixpoint.yaml';
    const failing =
      unanswered === undefined ? 'Failing, or without an answer in time, it denies' : 'Failing, or without an answer in time, it holds';
    const undoing = undo === true ? 'It is asked before a change is taken back, too.' : 'It is not asked before a change is taken back.';
    const facts = [
      ...Object.entries(outcomes).map(([decision, when]) => [`\`${decision}\``, when]),
      ['default', fallback],
      ['limit', limit],
      ['metric', `\`fixpoint_decisions_total{guard="${name}"}\`${guardMetrics[name] ?? ''}`],
    ];
    const table = ['| | |', '|---|---|', ...facts.map(([left, right]) => `| ${left} | ${right} |`)].join('\n');
    const given = guardExamples[name];
    const told = `${strength}. It ${asks[asked]}. ${failing}. ${undoing}`;
    return section(name, [summary, told, table, ...(given === undefined ? [] : [example(given)])]);
  });
  const intro = [
    'What is asked before anything is changed, in this order, right before each effect. A guard that fails, or has no answer in time, has not allowed anything.',
    '`allow` goes on to the next; `deny` ends the run; `defer` lets it wait, and asks again; `needs-approval` asks a person; `supersede` ends the run because there is nothing to do any more.',
    '`fixpoint explain` asks all of them about an alert, without effect, and shows what each judged by. Where several refuse, the first is named.',
  ].join('\n');
  return page('Guards', intro, parts);
}

function page(title: string, intro: string, parts: readonly string[]): string {
  return [`# ${title}`, '', intro, '', made, '', ...parts].join('\n');
}

function section(name: string, paragraphs: readonly string[]): string {
  return [`## \`${name}\``, ...paragraphs.map((paragraph) => paragraph.trimEnd())].join('\n\n') + '\n';
}

function example(value: unknown): string {
  return `\`\`\`yaml\n${stringify(value, { lineWidth: 140 })}\`\`\``;
}
