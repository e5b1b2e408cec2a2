import { jsonAnswer, readJson, textAnswer } from '../../answer.ts';
import type { SandboxHandler } from '../../listen.ts';
import { expositionAnswer } from '../series.ts';
import type { MlPatient } from './ml-patient.ts';
import { servedModel } from './ml-signs.ts';
import type { MlNamespace } from './platform.ts';

/** The HTTP service `model-serving` of one environment, with its models and its metrics. */
export function modelServing(patient: MlPatient, namespace: MlNamespace): SandboxHandler {
  return async ({ method, path, body }) => {
    patient.step();
    // Exporters and probes are no part of the service.
    if (`${method} ${path}` === 'GET /metrics') return expositionAnswer(patient.metricsOf(namespace));
    if (!patient.isAnswering(namespace, 'model-serving')) return textAnswer(503, 'no endpoints available for service "model-serving"\n');
    const model = patient.modelIn(namespace);
    switch (`${method} ${path}`) {
      case 'GET /health':
        return jsonAnswer(200, { status: 'ok' });
      case `GET /models/${servedModel}`:
        return jsonAnswer(200, { name: servedModel, ...model });
      case `POST /models/${servedModel}/version`: {
        const given = readJson(body);
        const version = typeof given === 'object' && given !== null && 'version' in given ? given.version : undefined;
        if (typeof version !== 'string' || ![model.version, model.previous].includes(version))
          return jsonAnswer(422, { detail: 'The body must have a "version" that is kept: the present one or the one before' });
        patient.serveModel(namespace, version);
        return jsonAnswer(200, { name: servedModel, ...patient.modelIn(namespace) });
      }
      default:
        return jsonAnswer(404, { detail: 'Not Found' });
    }
  };
}
