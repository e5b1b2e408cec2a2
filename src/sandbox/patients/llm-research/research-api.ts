import { jsonAnswer, textAnswer } from '../../answer.ts';
import type { SandboxHandler } from '../../listen.ts';
import type { ResearchPatient } from './research-patient.ts';
import { expositionAnswer } from '../series.ts';

/** The HTTP service `llm-research-api` of the LLM Research Lab, its metrics included. */
export function researchApi(patient: ResearchPatient): SandboxHandler {
  return async ({ method, path }) => {
    patient.step();
    if (!patient.isServing()) return textAnswer(503, 'no endpoints available for service "llm-research-api"\n');
    switch (`${method} ${path}`) {
      case 'GET /health':
        return jsonAnswer(200, { status: 'healthy' });
      case 'GET /health/ready':
        return patient.isPoolExhausted()
          ? jsonAnswer(503, { status: 'degraded', reason: 'connection pool exhausted' })
          : jsonAnswer(200, { status: 'healthy' });
      case 'GET /metrics':
        return expositionAnswer(patient.traffic.metrics());
      default:
        return jsonAnswer(404, { detail: 'Not Found' });
    }
  };
}
