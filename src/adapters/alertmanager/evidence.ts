import type { Alert } from '../../alert/alert.ts';
import { FixpointError } from '../../errors.ts';
import type { Evidence, Standing } from '../../ports/evidence.ts';
import type { JsonApi } from '../http/json-api.ts';
import { askAlerts, askSilenceAuthor, type AlertStatus, type GettableAlert } from './alerts-api.ts';
import { firingInPrometheus, standingInPrometheus } from './prometheus-alerts.ts';

export interface EvidenceSource {
  readonly kind: 'api' | 'prometheus' | 'receipt';
  readonly alertmanager?: JsonApi;
  readonly prometheus?: JsonApi;
  /** Labels that the source's alerts get from us and that Alertmanager does not know. */
  readonly addedLabels: readonly string[];
}

/** Who makes our own silences; those do not count. */
const ourselves = 'fixpoint';

/** Asks the sources themselves: Alertmanager's API v2, or the alerts of Prometheus. */
export function createEvidence(sources: ReadonlyMap<string, EvidenceSource>): Evidence {
  const source = (name: string): EvidenceSource => {
    const found = sources.get(name);
    if (found === undefined) throw new FixpointError('alertmanager.unavailable', `no source is named ${name}`);
    return found;
  };
  return {
    sources: () => [...sources.keys()],
    kindOf: (name) => sources.get(name)?.kind ?? 'receipt',
    async standing(alert, signal) {
      const from = source(alert.source);
      if (from.kind === 'prometheus') return await standingInPrometheus(prometheusOf(from, alert.source), { alert, addedLabels: from.addedLabels, signal });
      const api = alertmanagerOf(from, alert.source);
      const found = (await askAlerts(api, ownMatchers(from, alert), signal)).find(({ fingerprint }) => fingerprint === alert.fingerprint);
      return found === undefined ? { standing: 'absent' } : await standingOf(api, found.status ?? {}, signal);
    },
    async firing(name, matchers, signal) {
      const from = source(name);
      const asked = withoutAdded(from, matchers);
      if (from.kind === 'prometheus') return await firingInPrometheus(prometheusOf(from, name), { source: name, matchers: asked, signal });
      return (await askAlerts(alertmanagerOf(from, name), asked, signal)).map((alert) => asAlert(name, alert));
    },
  };
}

function alertmanagerOf({ kind, alertmanager }: EvidenceSource, name: string): JsonApi {
  if (kind === 'receipt' || alertmanager === undefined) throw new FixpointError('alertmanager.unavailable', `source ${name} has no alertmanager to ask`);
  return alertmanager;
}

function prometheusOf({ prometheus }: EvidenceSource, name: string): JsonApi {
  if (prometheus === undefined) throw new FixpointError('prometheus.unavailable', `source ${name} has no prometheus to ask`);
  return prometheus;
}

/** The longest value that goes into a request, and how many labels do: the fingerprint decides, matchers only shorten the answer. */
const longestValue = 200;
const mostMatchers = 20;

/** The alert's own labels as matchers, without those that we added and those that are no plain text. */
function ownMatchers({ addedLabels }: EvidenceSource, { labels }: Alert): readonly string[] {
  return Object.entries(labels)
    .filter(([name, value]) => !addedLabels.includes(name) && /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && value !== '' && value.length <= longestValue)
    .filter(([, value]) => value.isWellFormed() && !/\p{Cc}/u.test(value))
    .slice(0, mostMatchers)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
}

/**
 * Matchers on labels that we added cannot be asked of the source: they are left out, and then hold for all its alerts.
 * That errs on the side of seeing more alerts.
 */
function withoutAdded({ addedLabels }: EvidenceSource, matchers: readonly string[]): readonly string[] {
  return matchers.filter((matcher) => {
    const name = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s=!~,]+))\s*(?:=|!)/.exec(matcher);
    return name === null || !addedLabels.includes(name[1] ?? name[2] ?? '');
  });
}

async function standingOf(api: JsonApi, { state, silencedBy = [], inhibitedBy = [], mutedBy = [] }: AlertStatus, signal: AbortSignal): Promise<Standing> {
  if (state !== 'suppressed') return { standing: 'firing' };
  if (inhibitedBy.length > 0) return { standing: 'suppressed', by: `inhibition by ${inhibitedBy.join(', ')}` };
  if (mutedBy.length > 0) return { standing: 'suppressed', by: `mute ${mutedBy.join(', ')}` };
  for (const id of silencedBy) {
    const author = await askSilenceAuthor(api, id, signal);
    if (author !== ourselves) return { standing: 'suppressed', by: `silence ${id}${author === undefined ? '' : ` of ${author}`}` };
  }
  // Suppressed by nothing that is named: not by us, then.
  return silencedBy.length > 0 ? { standing: 'firing' } : { standing: 'suppressed', by: 'Alertmanager' };
}

function asAlert(source: string, { fingerprint = '', labels, annotations = {}, startsAt }: GettableAlert): Alert {
  const since = startsAt === undefined ? Number.NaN : Date.parse(startsAt);
  return { source, fingerprint, status: 'firing', labels, annotations, startsAt: Number.isNaN(since) ? 0 : since };
}
