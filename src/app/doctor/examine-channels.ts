import { JsonApi } from '../../adapters/http/json-api.ts';
import type { Config, SourceConfig } from '../../config/config.ts';
import type { Prometheus } from '../../ports/prometheus.ts';
import { ask } from './ask.ts';
import type { Finding } from './finding.ts';

/** Alertmanager's list of alerts, narrowed to none. */
const noAlerts = [['filter', 'alertname="FixpointDoctor"']] as const;

interface Asking {
  readonly config: Pick<Config, 'sources' | 'escalation' | 'notices'>;
  readonly prometheus: Prometheus;
  readonly signal: AbortSignal;
}

/** Whether what tells that an alert still fires answers, and whether a person can be called. */
export async function examineChannels(asking: Asking): Promise<readonly Finding[]> {
  const { config } = asking;
  const evidence = config.sources.map((source) => examineEvidence(source, asking));
  const named = [
    ...config.escalation.map((channel, index) => ({ channel, about: `escalation[${index}]` })),
    ...config.notices.map(({ channel }, index) => ({ channel, about: `notices[${index}].channel` })),
  ];
  const channels = named.map(({ channel, about }) => examineChannel(channel, { about, signal: asking.signal }));
  const none: readonly Finding[] =
    config.escalation.length > 0
      ? []
      : [
          {
            area: 'escalation',
            about: 'escalation',
            verdict: 'problem',
            message: 'nobody is called when a remediation fails',
            fix: 'name a channel under escalation: in fixpoint.yaml',
          },
        ];
  return [...(await Promise.all([...evidence, ...channels])), ...none];
}

async function examineEvidence(source: SourceConfig, { prometheus, signal }: Asking): Promise<Finding> {
  const finding = { area: 'evidence', about: `sources.${source.name}` } as const;
  switch (source.evidence) {
    case 'receipt':
      return {
        ...finding,
        verdict: 'warning',
        message: 'evidence is receipt: only the first attempt can be made',
        fix: `set sources.${source.name}.evidence to api or prometheus`,
      };
    case 'api': {
      const api = new JsonApi(source.alertmanager ?? '');
      const answered = await ask(
        (asked) => api.send({ method: 'GET', path: '/api/v2/alerts', query: noAlerts, signal: asked, code: 'alertmanager.unavailable' }),
        signal,
      );
      const problem =
        'code' in answered ? answered.message : answered.answer.status === 200 ? undefined : `answers HTTP ${answered.answer.status}`;
      return problem === undefined
        ? { ...finding, verdict: 'ok', message: 'its Alertmanager answers' }
        : { ...finding, verdict: 'problem', message: `its Alertmanager: ${problem}`, fix: `mend sources.${source.name}.alertmanager` };
    }
    case 'prometheus': {
      const answered = await ask((asked) => prometheus.query('up', { source: source.name, signal: asked }), signal);
      return 'code' in answered
        ? { ...finding, verdict: 'problem', message: `its Prometheus: ${answered.message}`, fix: `mend sources.${source.name}.prometheus` }
        : { ...finding, verdict: 'ok', message: 'its Prometheus answers' };
    }
  }
}

/** Nothing is posted: that the address answers at all has to do. */
async function examineChannel(
  channel: Config['escalation'][number],
  { about, signal }: { readonly about: string; readonly signal: AbortSignal },
): Promise<Finding> {
  const isAlertmanager = channel.kind === 'alertmanager';
  const url = typeof channel.url === 'string' ? channel.url : channel.url().reveal();
  const api = new JsonApi(url);
  const path = isAlertmanager ? '/api/v2/alerts' : '';
  const query = isAlertmanager ? noAlerts : [];
  const answered = await ask((asked) => api.send({ method: 'GET', path, query, signal: asked, code: 'alertmanager.unavailable' }), signal);
  const finding = { area: 'escalation', about } as const;
  const problem =
    'code' in answered
      ? answered.message
      : isAlertmanager && answered.answer.status !== 200
        ? `answers HTTP ${answered.answer.status}`
        : undefined;
  return problem === undefined
    ? { ...finding, verdict: 'ok', message: `the ${channel.kind} answers` }
    : { ...finding, verdict: 'problem', message: `the ${channel.kind}: ${problem}`, fix: `mend ${about} in fixpoint.yaml` };
}
