import { describe, expect, it } from 'vitest';
import { loadFrom } from './load-from.ts';

const webhook = (more: string) => `escalation: [{ webhook: { url: 'http://hook', ${more} } }]`;

describe('channels to people', () => {
  it('are read in order, with their secrets', () => {
    const { config } = loadFrom({
      yaml: `
escalation:
  - alertmanager: { url: 'http://am:9093' }
  - webhook: { url: { env: HOOK }, format: slack, headers: { x-token: { env: TOKEN }, x-plain: p } }
notices:
  - on: [run-ended, pause]
    rules: [slow]
    webhook: { url: 'http://hook' }
publicUrl: https://fix.example/
defaults: { quiet: 20m }
`,
      environment: { HOOK: 'http://hook/s3cret', TOKEN: 't0k' },
    });
    const [first, second] = config?.escalation ?? [];
    expect(first).toEqual({ kind: 'alertmanager', url: 'http://am:9093' });
    if (second?.kind !== 'webhook' || typeof second.url === 'string') throw new Error('the address is a secret');
    const token = second.headers['x-token'];
    expect([second.url().reveal(), second.format, typeof token === 'function' && token().reveal(), second.headers['x-plain']]).toEqual([
      'http://hook/s3cret',
      'slack',
      't0k',
      'p',
    ]);
    expect(config?.notices).toEqual([
      { on: ['run-ended', 'pause'], rules: ['slow'], channel: { kind: 'webhook', url: 'http://hook', format: 'json', headers: {} } },
    ]);
    expect([config?.publicUrl, config?.quiet]).toEqual(['https://fix.example', 1_200_000]);
    expect(JSON.stringify(config)).not.toContain('s3cret');
  });

  it('have an hour of quiet and no notices unless told', () => {
    const { config } = loadFrom({});
    expect([config?.quiet, config?.notices, config?.publicUrl]).toEqual([3_600_000, [], undefined]);
  });

  it.each([
    [
      webhook("format: template, template: { text: '${titel}' }"),
      'escalation[0].webhook.template.text: there is no titel here; did you mean title?',
    ],
    [
      webhook("format: template, template: '${secrets.pagr}'") + '\nsecrets: { pager: { env: P } }',
      'there is no secret pagr under secrets; did you mean pager?',
    ],
    [webhook('format: template'), 'template goes with format: template'],
    [webhook('template: { a: b }'), 'template goes with format: template'],
    [webhook("headers: { 'a b': c }"), 'expected the name of a header'],
    [webhook('formt: slack'), 'unknown key formt; did you mean format?'],
    [webhook('format: teams'), 'format: expected one of slack, json, template'],
    ["notices: [{ on: [run-endd], webhook: { url: 'http://hook' } }]", 'approval-asked'],
    ["notices: [{ on: [], webhook: { url: 'http://hook' } }]", 'expected at least one kind of notice'],
    ['escalation: [{}]', 'expected one channel: alertmanager or webhook'],
    ['notices: [{ on: [pause] }]', 'expected one channel: alertmanager or webhook'],
    ["notices: [{ on: [pause], alertmanager: { url: 'http://a' }, webhook: { url: 'http://hook' } }]", 'expected one channel'],
    ["notices: [{ on: [pause], webhok: { url: 'http://hook' } }]", 'unknown key webhok; did you mean webhook?'],
    ['publicUrl: fixpoint.example', 'expected an address'],
    ['defaults: { quiet: soon }', 'expected a duration'],
  ])('%s is refused', (yaml, problem) => {
    expect(loadFrom({ yaml, environment: { P: 'x' } }).problems.join('\n')).toContain(problem);
  });
});
