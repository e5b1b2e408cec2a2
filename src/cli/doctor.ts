import { loadConfig } from '../config/load.ts';
import type { Command } from './command.ts';
import { configOptions, flagsFrom } from './config-options.ts';
import { oneLine } from './terminal-text.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Before any incident: do the targets exist, are the rights there, do queries have data, does everything answer.',
  usage: '[--all] [--sandbox] [--config fixpoint.yaml] [--rules ./rules]',
  example: 'fixpoint doctor',
  options: { ...configOptions, all: { type: 'boolean' }, sandbox: { type: 'boolean' } },
  positionals: { least: 0, most: 0 },
  async run({ values, environment, print, isJson }) {
    const config = loadConfig(flagsFrom(values), environment);
    const [{ diagnose }, { countOf }] = await Promise.all([import('../app/doctor/diagnose.ts'), import('../app/doctor/finding.ts')]);
    const findings = await diagnose(config, { isSandbox: values['sandbox'] === true });
    const problems = countOf(findings, 'problem');
    const warnings = countOf(findings, 'warning');
    if (isJson) print(JSON.stringify({ findings, problems, warnings }));
    else {
      const shown = values['all'] === true ? findings : findings.filter(({ verdict }) => verdict !== 'ok');
      const cells = shown.map((finding) => [finding.verdict, finding.area, finding.about, oneLine(finding.message)] as const);
      const widths = [0, 1, 2].map((column) => Math.max(0, ...cells.map((row) => row[column]?.length ?? 0)));
      for (const [index, row] of cells.entries()) {
        const finding = shown[index];
        print(
          row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('  ')
            .trimEnd(),
        );
        if (finding !== undefined && 'fix' in finding) print(`${' '.repeat((widths[0] ?? 0) + 2)}→ ${finding.fix}`);
      }
      print(
        `${findings.length} looked at, ${problems} ${problems === 1 ? 'problem' : 'problems'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`,
      );
    }
    return problems > 0 ? 1 : 0;
  },
};
