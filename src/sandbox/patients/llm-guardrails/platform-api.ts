import { jsonAnswer, textAnswer } from '../../answer.ts';
import type { SandboxHandler } from '../../listen.ts';
import type { GuardrailsPatient } from './guardrails-patient.ts';
import { expositionAnswer, gauge } from '../series.ts';

/** The HTTP service `platform-api` of the LLM Guardrails Platform, which cannot do without its database. */
export function platformApi(patient: GuardrailsPatient): SandboxHandler {
  return async ({ method, path }) => {
    patient.step();
    if (!patient.isServing('platform-api')) return textAnswer(503, 'no endpoints available for service "platform-api"\n');
    const isUp = patient.isDatabaseUp();
    switch (`${method} ${path}`) {
      case 'GET /health':
        return jsonAnswer(200, { status: 'healthy' });
      case 'GET /api/v1/health':
        return jsonAnswer(isUp ? 200 : 503, { status: isUp ? 'healthy' : 'unhealthy', database: isUp ? 'up' : 'down' });
      case 'GET /metrics':
        return expositionAnswer([gauge('platform_api_database_up', 'Whether the API reaches its database.', [[{}, isUp ? 1 : 0]])]);
      default:
        return jsonAnswer(404, { detail: 'Not Found' });
    }
  };
}
