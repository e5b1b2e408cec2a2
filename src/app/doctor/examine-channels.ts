import { JsonApi } from '../../adapters/http/json-api.ts';
import type { ChannelConfig, Config, SourceConfig } from '../../config/config.ts';
import type { Prometheus } from '../../ports/prometheus.ts';
import { revealed } from '../revealed.ts';
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

/** Nothing is posted. That the address answers has to do, and that there is something at it that takes our credential. */
async function examineChannel(
  channel: ChannelConfig,
  { about, signal }: { readonly about: string; readonly signal: AbortSignal },
): Promise<Finding> {
  const finding = { area: 'escalation', about } as const;
  const answered = await ask(async (asked) => (await askChannel(channel, asked)).status, signal);
  const problem = 'code' in answered ? answered.message : problemOfStatus(channel.kind, answered.answer);
  return problem === undefined
    ? { ...finding, verdict: 'ok', message: `the ${channel.kind} answers` }
    : { ...finding, verdict: 'problem', message: `the ${channel.kind}: ${problem}`, fix: `mend ${about} in fixpoint.yaml` };
}

async function askChannel(channel: ChannelConfig, signal: AbortSignal): Promise<{ readonly status: number }> {
  const code = 'channel.unavailable';
  if (channel.kind === 'alertmanager')
    return await new JsonApi(channel.url).send({ method: 'GET', path: '/api/v2/alerts', query: noAlerts, signal, code });
  const url = typeof channel.url === 'string' ? channel.url : channel.url().reveal();
  return await new JsonApi(url).send({ method: 'GET', path: '', headers: revealed(channel.headers), signal, code });
}

function problemOfStatus(kind: ChannelConfig['kind'], status: number): string | undefined {
  if (kind === 'alertmanager') return status === 200 ? undefined : `answers HTTP ${status}`;
  if (status === 401 || status === 403) return `answers HTTP ${status}: the credential is not accepted`;
  if (status === 404 || status === 410) return `answers HTTP ${status}: nothing is there`;
  // 501 is also said to a GET by what only takes a POST.
  return status >= 500 && status !== 501 ? `answers HTTP ${status}` : undefined;
}
