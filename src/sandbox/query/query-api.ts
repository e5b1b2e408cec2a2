import { jsonAnswer } from '../answer.ts';
import type { SandboxRequest, SandboxResponse } from '../listen.ts';
import type { Patient } from '../patients/patient.ts';
import { formatValue } from '../patients/series.ts';
import { selectSeries } from './present-series.ts';
import { parseSelector, SelectorError } from './selector.ts';

/** How far `time` may be from the present, which is all there is. */
const toleranceSeconds = 60;

/**
 * Prometheus's instant query for the patients' present state. Samples carry the real time of the answer; what is not a plain
 * selector, and any other time than now, is answered 501.
 */
export function answerQuery(request: SandboxRequest, patients: readonly Patient[], wallNow: () => number): SandboxResponse {
  if (request.method !== 'GET' && request.method !== 'POST') return queryError(405, 'bad_data', `${request.method} is not allowed here`);
  const parameters = request.method === 'POST' ? new URLSearchParams(request.body) : request.query;
  const query = parameters.get('query') ?? request.query.get('query');
  if (query === null) return queryError(400, 'bad_data', 'invalid parameter "query": it is missing');
  const now = wallNow() / 1000;
  if (!isPresent(parameters.get('time'), now))
    return queryError(501, 'not_implemented', 'the sandbox knows the present only: leave "time" out');
  try {
    const found = selectSeries(patients, parseSelector(query));
    const result = found.map(({ labels, value }) => ({ metric: labels, value: [now, formatValue(value)] }));
    return jsonAnswer(200, { status: 'success', data: { resultType: 'vector', result } });
  } catch (error) {
    if (error instanceof SelectorError) return queryError(501, 'not_implemented', error.message);
    throw error;
  }
}

export function queryError(status: number, errorType: string, error: string): SandboxResponse {
  return jsonAnswer(status, { status: 'error', errorType, error });
}

function isPresent(time: string | null, now: number): boolean {
  if (time === null) return true;
  const seconds = /^\d+(\.\d+)?$/.test(time) ? Number(time) : Date.parse(time) / 1000;
  return Math.abs(seconds - now) <= toleranceSeconds;
}
