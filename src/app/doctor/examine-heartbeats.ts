import { JsonApi } from '../../adapters/http/json-api.ts';
import type { Config, SourceConfig } from '../../config/config.ts';
import { silenceText, type SourceSilence } from '../../pipeline/source-watch.ts';
import { ask } from './ask.ts';
import type { Finding } from './finding.ts';

interface Asking {
  readonly config: Pick<Config, 'sources'>;
  readonly signal: AbortSignal;
  silences?(): Promise<readonly SourceSilence[]>;
}

/** Whether each source that has a heartbeat was heard, and whether its Alertmanager has one to send. */
export async function examineHeartbeats({ config, signal, silences }: Asking): Promise<readonly Finding[]> {
  const known = (await silences?.()) ?? [];
  const watched = config.sources.filter(({ heartbeat }) => heartbeat !== undefined);
  return await Promise.all(
    watched.map(async (source) => {
      const silence = known.find((one) => one.source === source.name);
      return silence?.isSilent === true ? silent(silence) : await atItsSource(source, { signal, silence });
    }),
  );
}

function silent(silence: SourceSilence): Finding {
  return {
    area: 'evidence',
    about: `sources.${silence.source}.heartbeat`,
    verdict: 'problem',
    message: silenceText(silence),
    fix: 'see whether its Prometheus and Alertmanager run, and whether a route brings the heartbeat to our receiver every few minutes (deploy/alertmanager)',
  };
}

async function atItsSource(
  { name, alertmanager, evidence, heartbeat = [] }: SourceConfig,
  { signal, silence }: { readonly signal: AbortSignal; readonly silence: SourceSilence | undefined },
): Promise<Finding> {
  const finding = { area: 'evidence', about: `sources.${name}.heartbeat` } as const;
  if (silence?.isHeard === true) return { ...finding, verdict: 'ok', message: 'it comes' };
  // Whether its Alertmanager can be asked at all is looked at apart from this.
  if (evidence !== 'api' || alertmanager === undefined)
    return { ...finding, verdict: 'ok', message: 'whether it comes only the running service can tell: fixpoint_source_silent' };
  const query = heartbeat.map(({ name: label, operator, value }) => ['filter', `${label}${operator}${JSON.stringify(value)}`] as const);
  const api = new JsonApi(alertmanager);
  const answered = await ask(
    (asked) => api.send({ method: 'GET', path: '/api/v2/alerts', query, signal: asked, code: 'alertmanager.unavailable' }),
    signal,
  );
  if ('answer' in answered && answered.answer.status === 200 && Array.isArray(answered.answer.body) && answered.answer.body.length === 0)
    return {
      ...finding,
      verdict: 'problem',
      message: 'its Alertmanager has no alert that it matches',
      fix: `mend sources.${name}.heartbeat, or let its Prometheus have an alert that always fires`,
    };
  return { ...finding, verdict: 'ok', message: 'its Alertmanager has it' };
}
