import type { Labels } from '../alert/alert.ts';
import type { Matcher } from '../alert/matcher.ts';
import { FixpointError } from '../errors.ts';
import type { TemplatePlace } from './compile-template.ts';
import { modes, strictestMode, type Mode } from './mode.ts';
import type { Rule } from './rule-file.ts';

/** How much a rule may do by itself, which may be more where its alert's labels say so. */
export interface RuleMode {
  /** The most that any alert gets. */
  readonly most: Mode;
  /** As written, where it depends on labels. */
  readonly byLabels?: Readonly<Record<string, Mode>>;
  of(labels: Labels): Mode;
}

interface Place extends Pick<TemplatePlace, 'compilers' | 'reporter'> {
  /** The rule's own. */
  readonly matchers: readonly Matcher[];
}

/** Compiles `mode:` with its default filled in; `reporter` stands at it. */
export function compileMode(written: Rule['mode'], place: Place): RuleMode {
  const { reporter } = place;
  if (written === undefined || typeof written === 'string') {
    const mode = written ?? 'plan';
    return { most: mode, of: () => mode };
  }
  const { otherwise = 'observe', ...named } = written;
  const entries = Object.entries(named).map(([text, mode]) => ({ text, mode, matchers: compileKey(text, place) }));
  for (const { text, mode, matchers } of entries) {
    if (modes.indexOf(mode) < modes.indexOf(otherwise))
      reporter.error(
        ['otherwise'],
        `otherwise: ${otherwise} allows more than ${text}: ${mode}, and an alert that lacks a label would get it; name where more is allowed, and let otherwise be the least`,
      );
    if (matchers.length > 0 && matchers.every((matcher) => matcher.matches({})))
      reporter.error([text], `${text} also matches an alert without the label; name the values it may have`, { key: true });
    else if (matchers.some((matcher) => isImpossible(matcher, place.matchers)))
      reporter.warning([text], `${text} never matches: the rule's own matchers let no such alert in`, { key: true });
  }
  return {
    most: [otherwise, ...entries.map(({ mode }) => mode)].toSorted((a, b) => modes.indexOf(b) - modes.indexOf(a))[0] ?? otherwise,
    byLabels: written,
    of(labels) {
      const matching = entries.filter(({ matchers }) => matchers.every((matcher) => matcher.matches(labels)));
      return matching.length === 0 ? otherwise : strictestMode(...matching.map(({ mode }) => mode));
    },
  };
}

function compileKey(text: string, { compilers, reporter }: Place): readonly Matcher[] {
  try {
    return compilers.matchers(text);
  } catch (error) {
    if (!(error instanceof FixpointError)) throw error;
    reporter.error([text], error.message, { key: true });
    return [];
  }
}

/** Whether none of the values that the matcher stands for gets past the rule's own matchers of that label. */
function isImpossible({ name, values }: Matcher, own: readonly Matcher[]): boolean {
  const bounding = own.filter((matcher) => matcher.name === name);
  return values?.every((value) => bounding.some((matcher) => !matcher.matches({ [name]: value }))) ?? false;
}
