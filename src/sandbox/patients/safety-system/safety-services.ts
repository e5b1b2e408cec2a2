import { jsonAnswer, readJson, textAnswer } from '../../answer.ts';
import type { SandboxHandler, SandboxRequest, SandboxResponse } from '../../listen.ts';
import { safetyServices, type SafetyService } from './platform.ts';
import type { SafetyPatient } from './safety-patient.ts';
import type { LlmProvider } from './safety-traffic.ts';
import { expositionAnswer, type Metric } from '../series.ts';

/** The HTTP services of the safety system: health and metrics of each, the provider switch of `reasoning`, Qdrant, and what kube-state-metrics tells. */
export function safetyHandlers(patient: SafetyPatient): Readonly<Record<string, SandboxHandler>> {
  const own = safetyServices.map((name): [string, SandboxHandler] => [name, serviceOf(patient, name)]);
  return {
    ...Object.fromEntries(own),
    'qdrant': async (request) => qdrant(patient, request),
    'safety-kube-state': async (request) => kubeState(patient, request),
  };
}

function serviceOf(patient: SafetyPatient, name: SafetyService): SandboxHandler {
  return async (request) => {
    patient.step();
    if (!patient.isServing(name)) return textAnswer(503, `no endpoints available for service "${name}"\n`);
    switch (`${request.method} ${request.path}`) {
      case 'GET /health':
        return jsonAnswer(200, { status: 'healthy' });
      case 'GET /health/ready':
        return jsonAnswer(200, { status: 'healthy', redis: 'up', postgres: 'up' });
      case 'GET /metrics':
        return expositionAnswer(metricsOf(patient, name));
      default:
        return name === 'reasoning' ? provider(patient, request) : jsonAnswer(404, { detail: 'Not Found' });
    }
  };
}

function metricsOf(patient: SafetyPatient, name: SafetyService): readonly Metric[] {
  switch (name) {
    case 'event-ingestion':
      return patient.streamMetrics();
    case 'risk-screening':
      return patient.traffic.screeningMetrics();
    case 'reasoning':
      return patient.traffic.reasoningMetrics();
    case 'action-executor':
      return patient.traffic.actionMetrics();
    case 'reporting':
      return patient.traffic.reportingMetrics();
    case 'embedding-context':
    case 'session-manager':
      return [];
  }
}

function provider(patient: SafetyPatient, { method, path, body }: SandboxRequest): SandboxResponse {
  if (path !== '/admin/llm') return jsonAnswer(404, { detail: 'Not Found' });
  if (method === 'PUT') {
    const given = readJson(body);
    const active = typeof given === 'object' && given !== null && 'active' in given ? given.active : undefined;
    if (!isProvider(active)) return jsonAnswer(422, { detail: 'active must be primary or fallback' });
    patient.switchProvider(active);
  } else if (method !== 'GET') return jsonAnswer(405, { detail: 'Method Not Allowed' });
  return jsonAnswer(200, { active: patient.provider, providers: ['primary', 'fallback'] });
}

function isProvider(value: unknown): value is LlmProvider {
  return value === 'primary' || value === 'fallback';
}

function qdrant(patient: SafetyPatient, { method, path }: SandboxRequest): SandboxResponse {
  patient.step();
  if (!patient.isServing('qdrant')) return textAnswer(503, 'no endpoints available for service "qdrant"\n');
  switch (`${method} ${path}`) {
    case 'GET /readyz':
      return textAnswer(200, 'all shards are ready');
    case 'GET /profiler/slow_requests':
      return jsonAnswer(200, { result: { requests: [{ collection_name: 'messages', duration: 0.061 }] }, status: 'ok', time: 0.0001 });
    default:
      return jsonAnswer(404, { status: { error: 'Not Found' } });
  }
}

function kubeState(patient: SafetyPatient, { method, path }: SandboxRequest): SandboxResponse {
  patient.step();
  return `${method} ${path}` === 'GET /metrics' ? expositionAnswer(patient.replicaMetrics()) : textAnswer(404, 'Not Found\n');
}
