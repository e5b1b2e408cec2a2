import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { buildApi, closeApis, get, tokenOf } from './api-fixture.ts';

afterEach(closeApis);

const text = (name: string) => readFileSync(new URL(`../../../src/page/${name}`, import.meta.url), 'utf8');
const page = { html: text('index.html'), script: text('app.js'), elements: text('elements.js'), style: text('style.css') };

describe('the page', () => {
  it('is served with its files, also without a credential', async () => {
    const api = buildApi({ page, access: { tokens: [tokenOf('t', 'viewer')] } });
    const served = await Promise.all(
      ['/', '/page/app.js', '/page/elements.js', '/page/style.css'].map((url) => get(api, url, { host: 'fixpoint.example' })),
    );

    expect(served.map(({ statusCode, headers, body }) => [statusCode, headers['content-type'], body])).toEqual([
      [200, 'text/html; charset=utf-8', page.html],
      [200, 'text/javascript; charset=utf-8', page.script],
      [200, 'text/javascript; charset=utf-8', page.elements],
      [200, 'text/css; charset=utf-8', page.style],
    ]);
    expect(served[0]?.headers['content-security-policy']).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'",
    );
  });

  it('needs nothing but what the server serves', async () => {
    const api = buildApi({ page });
    const links = [...page.html.matchAll(/(?:href|src)="(\/[^"]*)"/g)].map(([, link]) => link ?? '');

    expect(links).toHaveLength(2);
    for (const link of links) expect((await get(api, link)).statusCode).toBe(200);
    expect(Object.values(page).join('')).not.toMatch(/https?:\/\//);
    expect(page.html).not.toMatch(/<script>|<style|\son\w+=|\sstyle=/);
  });

  it('puts what comes from alerts into the page as text only', () => {
    expect(page.elements).toContain('textContent');
    for (const script of [page.script, page.elements])
      expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc/);
  });

  it('finds every element it asks for', () => {
    const asked = [...`${page.script}${page.elements}`.matchAll(/byId\('([\w-]+)'\)/g)].map(([, id]) => id ?? '');

    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((id) => !page.html.includes(`id="${id}"`))).toEqual([]);
  });

  it('writes times as ISO 8601, with the day where it is not today, and cuts texts of any length', async () => {
    const { moment, short } = (await import(new URL('../../../src/page/elements.js', import.meta.url).href)) as {
      moment: (text: string, now: Date) => string;
      short: (text: string) => string;
    };
    const at = new Date(2026, 0, 2, 3, 4, 5);

    expect(moment(at.toISOString(), new Date(2026, 0, 2, 23, 0, 0))).toBe('03:04:05');
    expect(moment(at.toISOString(), new Date(2026, 0, 3, 3, 4, 5))).toBe('2026-01-02 03:04:05');
    expect(short('x'.repeat(1_000_000))).toBe(`${'x'.repeat(499)}…`);
    expect(short('as it is')).toBe('as it is');
  });

  it('calls only routes there are', async () => {
    const api = buildApi({ page });
    const { paths } = (await get(api, '/api/v1/openapi.json')).json<{ paths: object }>();
    const known = new Set(Object.keys(paths).map((path) => path.split('/{')[0]));
    const called = [...page.script.matchAll(/['`](\/api\/v1\/\w+)/g)].map(([, path]) => path);

    expect(called.length).toBeGreaterThan(4);
    expect(called.filter((path) => !known.has(path))).toEqual([]);
  });
});
