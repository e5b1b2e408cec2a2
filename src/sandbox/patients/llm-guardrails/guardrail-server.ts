import { jsonAnswer, readJson, textAnswer } from '../../answer.ts';
import type { SandboxHandler, SandboxRequest, SandboxResponse } from '../../listen.ts';
import type { GuardrailModel, GuardrailsPatient } from './guardrails-patient.ts';
import { expositionAnswer } from '../series.ts';

const closePath = /^\/debug\/circuit-breakers\/([^/]+)\/close$/;

/** What each model objects to: enough to see that a request is really judged. */
const objections: Readonly<Record<GuardrailModel, RegExp>> = {
  'prompt-guard': /ignore (all |your )?(previous|prior) instructions/i,
  'pii-detect': /\b\d{3}-\d{2}-\d{4}\b/,
  'hate-detect': /\bi hate (you|them)\b/i,
  'content-class': /\bhow to build a bomb\b/i,
};

/** The HTTP service `guardrail-server` of the LLM Guardrails Platform. */
export function guardrailServer(patient: GuardrailsPatient): SandboxHandler {
  return async (request) => {
    patient.step();
    if (!patient.isServing('guardrail-server')) return textAnswer(503, 'no endpoints available for service "guardrail-server"\n');
    return route(patient, request);
  };
}

function route(patient: GuardrailsPatient, request: SandboxRequest): SandboxResponse {
  const closed = closePath.exec(request.path)?.[1];
  if (closed !== undefined && request.method === 'POST') return closeBreaker(patient, closed);
  switch (`${request.method} ${request.path}`) {
    case 'GET /metrics':
      return expositionAnswer(patient.metrics());
    case 'GET /health':
      return jsonAnswer(200, { status: 'healthy' });
    case 'GET /v1/health':
      return health(patient);
    case 'GET /debug/circuit-breakers':
      return jsonAnswer(200, Object.fromEntries([...patient.breakers.keys()].map((model) => [model, breakerOf(patient, model)])));
    case 'POST /v1/validate':
      return validate(patient, request.body);
    default:
      return jsonAnswer(404, { detail: 'Not Found' });
  }
}

function available(patient: GuardrailsPatient): readonly GuardrailModel[] {
  return [...patient.breakers].filter(([model, { state }]) => state === 'closed' && patient.isModelWorking(model)).map(([model]) => model);
}

function health(patient: GuardrailsPatient): SandboxResponse {
  const models = available(patient);
  const status = models.length === 0 ? 'unhealthy' : models.length < patient.breakers.size ? 'degraded' : 'healthy';
  return jsonAnswer(models.length === 0 ? 503 : 200, { status, models, database: patient.isDatabaseUp() ? 'up' : 'down' });
}

function breakerOf(patient: GuardrailsPatient, model: GuardrailModel): unknown {
  const breaker = patient.breakers.get(model);
  return {
    state: breaker?.state,
    is_model_working: patient.isModelWorking(model),
    changed_at: new Date(breaker?.changedAt ?? 0).toISOString(),
  };
}

function closeBreaker(patient: GuardrailsPatient, name: string): SandboxResponse {
  const model = [...patient.breakers.keys()].find((known) => known === name);
  if (model === undefined) return jsonAnswer(404, { detail: `No circuit breaker for model ${name}` });
  patient.closeBreaker(model);
  return jsonAnswer(200, breakerOf(patient, model));
}

function validate(patient: GuardrailsPatient, body: string): SandboxResponse {
  const given = readJson(body);
  const text = typeof given === 'object' && given !== null && 'text' in given ? given.text : undefined;
  if (typeof text !== 'string') return jsonAnswer(422, { detail: 'The body must be a JSON object with a string "text"' });
  patient.traffic.count(1);
  const models = available(patient);
  if (models.length === 0) return jsonAnswer(503, { detail: 'No model is available' });
  const violations = models.filter((model) => objections[model].test(text));
  return jsonAnswer(200, {
    valid: violations.length === 0,
    violations,
    skipped: [...patient.breakers.keys()].filter((model) => !models.includes(model)),
  });
}
