import { jsonAnswer, textAnswer } from '../../answer.ts';
import type { SandboxHandler } from '../../listen.ts';
import { expositionAnswer } from '../series.ts';
import type { GatekeeperPatient } from './gatekeeper-patient.ts';

/** The HTTP service `ai-gatekeeper`, its monitoring included. */
export function gatekeeperApi(patient: GatekeeperPatient): SandboxHandler {
  return async ({ method, path, query }) => {
    patient.step();
    if (!patient.isServing()) return textAnswer(503, 'no endpoints available for service "ai-gatekeeper"\n');
    const { poolRatio, errorRatio, state } = patient.signs;
    switch (`${method} ${path}`) {
      case 'GET /health':
        return errorRatio > 0.05 ? jsonAnswer(500, { status: 'error' }) : jsonAnswer(200, { status: 'ok' });
      case 'GET /api/monitoring/health': {
        const isHealthy = errorRatio <= 0.05 && poolRatio <= 0.9;
        return jsonAnswer(isHealthy ? 200 : 503, { status: isHealthy ? 'healthy' : 'degraded', database_pool: levelOf(poolRatio) });
      }
      case 'GET /api/monitoring/db-pool-status': {
        const { size, overflow, checkedOut } = state.pool;
        const utilization = Math.round(poolRatio * 1000) / 10;
        return jsonAnswer(200, {
          status: levelOf(poolRatio),
          pool: { size, max_overflow: overflow, checked_out: checkedOut, utilization_percent: utilization },
        });
      }
      // For those who ask every service alike.
      case 'GET /metrics':
        return expositionAnswer(patient.signs.metrics());
      case 'GET /api/monitoring/metrics':
        return query.get('format') === 'prometheus'
          ? expositionAnswer(patient.signs.metrics())
          : jsonAnswer(200, { database_pool: state.pool, error_ratio: errorRatio });
      default:
        return jsonAnswer(404, { detail: 'Not Found' });
    }
  };
}

/** The platform's own thresholds. */
function levelOf(ratio: number): string {
  return ratio > 0.9 ? 'critical' : ratio >= 0.7 ? 'warning' : 'healthy';
}
