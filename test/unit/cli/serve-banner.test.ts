import { expect, it } from 'vitest';
import type { Service } from '../../../src/app/service.ts';
import type { Invocation } from '../../../src/cli/command.ts';
import { printBanner } from '../../../src/cli/serve-banner.ts';

const service = {
  url: 'http://127.0.0.1:8080',
  redis: 'private',
  rules: 3,
  modes: { auto: 1, approve: 2, plan: 0, observe: 0 },
} as unknown as Service;

function printed(isJson: boolean, given: Service): string[] {
  const lines: string[] = [];
  printBanner({ print: (line: string) => lines.push(line), isJson } as unknown as Invocation, given);
  return lines;
}

it('says how many rules may act by themselves, with and without a limit', () => {
  expect(printed(false, service)).toContain('  3 rules: 1 auto, 2 approve; limits.mode: none');
  expect(printed(false, { ...service, limit: 'approve' })).toContain('  3 rules: 1 auto, 2 approve; limits.mode: approve');
  expect(JSON.parse(printed(true, service)[0] ?? '')).toMatchObject({ rules: 3, modes: { auto: 1, approve: 2 }, limit: null });
});
