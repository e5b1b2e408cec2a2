import { readFileSync } from 'node:fs';
import type { PageAssets } from '../api/dependencies.ts';

const folder = new URL('../page/', import.meta.url);

/** The page's files as they are served. */
export function readPage(): PageAssets {
  const text = (name: string) => readFileSync(new URL(name, folder), 'utf8');
  return { html: text('index.html'), script: text('app.js'), elements: text('elements.js'), style: text('style.css') };
}
