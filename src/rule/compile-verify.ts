import { formatDuration, parseDuration, type Duration } from '../value/duration.ts';
import type { Json, JsonObject } from '../value/json.ts';
import { nearest } from '../value/nearest.ts';
import type { CheckShape } from './action-shape.ts';
import { checkQueries } from './check-query.ts';
import type { CompiledCheck, VerifySettings } from './compiled-rule.ts';
import { problemsOf } from './compile-step.ts';
import { compileTemplates, type TemplatePlace } from './compile-template.ts';
import { warnOfRawLabels } from './compile-values.ts';
import { contextOf } from './expression-values.ts';
import { paramsInvalid } from './params-invalid.ts';
import type { Rule } from './rule-file.ts';
import { checkParams } from './static-params.ts';

/** `verify:` of a rule or a rung before the one is laid over the other. */
export interface VerifyPart {
  readonly within?: Duration;
  readonly resolve?: Duration;
  readonly checks?: readonly PlacedCheck[];
}

export interface PlacedCheck extends CompiledCheck {
  /** How much time its evidence covers, as far as the text shows. */
  readonly span: Duration;
}

const defaults = { within: 600_000, resolve: 600_000 };

export function compileVerify(verify: NonNullable<Rule['verify']>, place: TemplatePlace): VerifyPart {
  const checks = verify.checks?.flatMap((written, index) => {
    const [name, params] = typeof written === 'string' ? [written, null] : (Object.entries(written)[0] ?? ['', null]);
    const reporter = place.reporter.under('checks', index);
    const shape = place.compilers.shapes.checks.get(name);
    if (shape === undefined) {
      const known = [...place.compilers.shapes.checks.keys()];
      const similar = nearest(name, known);
      reporter.error(
        [name],
        `there is no check ${name}${similar === undefined ? `; there are ${known.join(', ')}` : `; did you mean ${similar}?`}`,
        { key: true },
      );
      return [];
    }
    return [compileCheck(shape, (params ?? {}) as JsonObject, { ...place, reporter: reporter.under(name) })];
  });
  return {
    ...(verify.within === undefined ? {} : { within: parseDuration(verify.within) ?? defaults.within }),
    ...(verify.resolve === undefined ? {} : { resolve: parseDuration(verify.resolve) ?? defaults.resolve }),
    ...(checks === undefined ? {} : { checks }),
  };
}

function compileCheck(shape: CheckShape, params: JsonObject, place: TemplatePlace): PlacedCheck {
  const tree = compileTemplates(params, place);
  const what = `check ${shape.name}`;
  checkParams(tree, { what, names: shape.parameterNames, problemsOf: (given) => problemsOf(shape, given) }, place.reporter);
  const queries = tree.templates.filter(({ path }) => path[0] === 'query');
  warnOfRawLabels({ ...tree, templates: queries }, place);
  checkQueries(tree, [['query']], place);
  return {
    check: shape.name,
    positive: shape.positive,
    span: spanOf(params),
    render(scope) {
      const given = tree.render(contextOf(scope), { name: what });
      const parsed = shape.parse(given);
      if ('problems' in parsed) throw paramsInvalid(what, parsed.problems, given);
      return parsed.params as JsonObject;
    },
  };
}

/** `window:`, else the longest range in the query, and `for:` on top. */
function spanOf(params: JsonObject): Duration {
  const ranges =
    typeof params['query'] === 'string'
      ? Array.from(params['query'].matchAll(/\[([0-9a-z]+)(?::[^\]]*)?\]/g), (match) => durationOf(match[1]))
      : [];
  const window = 'window' in params ? durationOf(params['window']) : Math.max(0, ...ranges);
  return window + durationOf(params['for']);
}

function durationOf(value: Json | undefined): Duration {
  return typeof value === 'string' ? (parseDuration(value) ?? 0) : 0;
}

/** The rung's settings over the rule's; warns where the time does not suffice for the evidence. */
export function layVerify(rule: VerifyPart, rung: VerifyPart, warn: (message: string) => void): VerifySettings {
  const within = rung.within ?? rule.within ?? defaults.within;
  const checks = rung.checks ?? rule.checks ?? [];
  for (const { check, span } of checks) {
    if (span > within) {
      warn(
        `check ${check} looks at ${formatDuration(span)} (window and for), which does not fit into within: ${formatDuration(within)}; evidence counts only from after the effect`,
      );
    }
  }
  return { within, resolve: rung.resolve ?? rule.resolve ?? defaults.resolve, checks };
}
