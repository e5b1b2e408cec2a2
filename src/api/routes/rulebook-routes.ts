import { z } from 'zod';
import { modes } from '../../rule/mode.ts';
import { defineRoute, wisherOf, type ApiRoute } from '../api-route.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { timeText } from '../time-text.ts';

const RuleView = z.strictObject({
  name: z.string(),
  summary: z.string(),
  /** The most it may do for any alert. */
  mode: z.enum(modes),
  /** By matchers, where the mode depends on the alert's labels. */
  modes: z.record(z.string(), z.enum(modes)).optional(),
  file: z.string(),
  line: z.number(),
  hash: z.string(),
  remediations: z.array(z.string()),
  /** Absent while Redis cannot be asked. */
  demoted: z.strictObject({ since: z.iso.datetime(), reason: z.string() }).nullable().optional(),
});

const named = { name: z.string(), summary: z.string() };

/** What is loaded and built in: rules, actions, guards. */
export function rulebookRoutes({
  rulebook,
  actions,
  guards,
  operations,
}: Pick<ApiDependencies, 'rulebook' | 'actions' | 'guards' | 'operations'>): readonly ApiRoute[] {
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
        const demoted = await operations.demotions().catch(() => undefined);
        const rules = book.rules.map(({ name, summary, mode, modes: byLabels, file, line, hash, ladder }) => ({
          name,
          summary,
          mode,
          ...(byLabels === undefined ? {} : { modes: byLabels }),
          file,
          line,
          hash,
          remediations: ladder.map(({ remediation }) => remediation),
          ...(demoted === undefined ? {} : { demoted: demotionView(demoted.get(name)) }),
        }));
        return { rules, rulebook: book.hash };
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/rules/:name/restore',
      role: 'operator',
      summary: 'Give a rule that its failures have demoted its mode back',
      body: z.strictObject({ reason: z.string().trim().min(1, { error: 'say why' }).max(1000) }),
      answers: {
        200: { description: 'Restored', schema: z.object({ rule: z.string() }) },
        404: { description: 'No rule has this name' },
        409: { description: 'The rule is not demoted' },
      },
      async handle({ params, body: { reason }, ...call }) {
        const rule = params['name'] ?? '';
        await operations.restore(rule, { ...wisherOf(call), reason });
        return { rule };
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

function demotionView(demoted: { readonly since: number; readonly reason: string } | undefined) {
  return demoted === undefined ? null : { since: timeText(demoted.since), reason: demoted.reason };
}
