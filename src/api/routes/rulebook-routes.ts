import { z } from 'zod';
import { modes } from '../../rule/mode.ts';
import { defineRoute, type ApiRoute } from '../api-route.ts';
import type { ApiDependencies } from '../dependencies.ts';

const RuleView = z.strictObject({
  name: z.string(),
  summary: z.string(),
  mode: z.enum(modes),
  file: z.string(),
  line: z.number(),
  hash: z.string(),
  remediations: z.array(z.string()),
});

const named = { name: z.string(), summary: z.string() };

/** What is loaded and built in: rules, actions, guards. */
export function rulebookRoutes({
  rulebook,
  actions,
  guards,
}: Pick<ApiDependencies, 'rulebook' | 'actions' | 'guards'>): readonly ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/rules',
      role: 'viewer',
      summary: 'The loaded rules, in the order they are tried',
      answers: {
        200: { description: 'The rules and the hash of them all', schema: z.object({ rules: z.array(RuleView), rulebook: z.string() }) },
      },
      handle: async () => {
        const book = rulebook();
        const rules = book.rules.map(({ name, summary, mode, file, line, hash, ladder }) => ({
          name,
          summary,
          mode,
          file,
          line,
          hash,
          remediations: ladder.map(({ remediation }) => remediation),
        }));
        return { rules, rulebook: book.hash };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/actions',
      role: 'viewer',
      summary: 'What remediations can do',
      answers: {
        200: { description: 'The actions', schema: z.object({ actions: z.array(z.strictObject({ ...named, effect: z.string() })) }) },
      },
      handle: async () => ({ actions: actions.map(({ name, summary, effect }) => ({ name, summary, effect })) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/guards',
      role: 'viewer',
      summary: 'What is asked before anything is changed',
      answers: {
        200: { description: 'The guards', schema: z.object({ guards: z.array(z.strictObject({ ...named, tier: z.string() })) }) },
      },
      handle: async () => ({ guards: guards.map(({ name, summary, tier }) => ({ name, summary, tier })) }),
    }),
  ];
}
