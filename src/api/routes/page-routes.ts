import { z } from 'zod';
import { defineRoute, type ApiRoute } from '../api-route.ts';
import type { PageAssets } from '../dependencies.ts';

/** The page's files. They hold no data, so they need no credential: the page asks for one when the API does. */
export function pageRoutes(page: PageAssets | undefined): readonly ApiRoute[] {
  if (page === undefined) return [];
  const files = [
    { path: '/', type: 'text/html', summary: 'The page', text: page.html },
    { path: '/page/app.js', type: 'text/javascript', summary: "The page's script", text: page.script },
    { path: '/page/elements.js', type: 'text/javascript', summary: 'What the script makes its texts of', text: page.elements },
    { path: '/page/style.css', type: 'text/css', summary: "The page's style", text: page.style },
  ];
  return files.map(({ path, type, summary, text }) =>
    defineRoute({
      method: 'GET',
      path,
      role: 'anyone',
      summary,
      answers: { 200: { description: 'The file', contentType: type, schema: z.string() } },
      async handle({ reply }) {
        reply.type(`${type}; charset=utf-8`);
        return text;
      },
    }),
  );
}
