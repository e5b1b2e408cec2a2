import { jsonAnswer, readJson, textAnswer } from '../../answer.ts';
import type { SandboxHandler, SandboxRequest, SandboxResponse } from '../../listen.ts';
import { expositionAnswer, type Metric } from '../series.ts';
import { researchKeys } from './platform.ts';
import type { ResearchBreakers } from './research-breakers.ts';

/** What its HTTP services have to know of the platform, at the present moment. */
export interface ResearchServed {
  /** The uid of a pod that takes requests; undefined where none does. */
  readonly pod: string | undefined;
  readonly isPoolExhausted: boolean;
  readonly isInMaintenance: boolean;
  readonly breakers: ResearchBreakers;
  readonly metrics: readonly Metric[];
}

/** The research API, its metrics and its admin part included, as the pod that `look` gives answers. */
export function researchApi(look: () => ResearchServed): SandboxHandler {
  return async (request) => {
    const served = look();
    if (served.pod === undefined) return textAnswer(503, 'no endpoints available for service "llm-research-api"\n');
    if (request.path.startsWith('/admin/')) return answerAdmin(request, served.breakers, served.pod);
    switch (`${request.method} ${request.path}`) {
      case 'GET /health':
        return jsonAnswer(200, { status: 'healthy' });
      case 'GET /health/ready':
        if (served.isInMaintenance) return jsonAnswer(503, { status: 'maintenance' });
        return served.isPoolExhausted
          ? jsonAnswer(503, { status: 'degraded', reason: 'connection pool exhausted' })
          : jsonAnswer(200, { status: 'healthy' });
      case 'GET /models/providers':
        return known(request) ?? jsonAnswer(200, { providers: ['openai', 'anthropic'] });
      case 'GET /experiments':
        return known(request) ?? jsonAnswer(200, { experiments: [], total: 0 });
      case 'GET /metrics':
        return expositionAnswer(served.metrics);
      default:
        return jsonAnswer(404, { detail: 'Not Found' });
    }
  };
}

function known({ headers }: SandboxRequest): SandboxResponse | undefined {
  return headers['authorization'] === researchKeys.bearer ? undefined : jsonAnswer(401, { detail: 'Not authenticated' });
}

function answerAdmin({ method, path, headers, body }: SandboxRequest, breakers: ResearchBreakers, pod: string): SandboxResponse {
  if (headers['x-admin-key'] !== researchKeys.admin) return jsonAnswer(403, { detail: 'X-Admin-Key is missing or wrong' });
  const call = `${method} ${path}`;
  if (call === 'GET /admin/circuit-breaker/status') return jsonAnswer(200, breakers.statusOf(pod));
  const isOpening = call === 'POST /admin/circuit-breaker/open';
  if (!isOpening && call !== 'POST /admin/circuit-breaker/close') return jsonAnswer(404, { detail: 'Not Found' });
  const given = readJson(body);
  const name = typeof given === 'object' && given !== null && 'service' in given ? String(given.service) : '';
  return breakers.set(pod, name, isOpening) ? jsonAnswer(200, breakers.statusOf(pod)) : jsonAnswer(422, { detail: 'unknown service' });
}
