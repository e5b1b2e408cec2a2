import type { PageBook } from './alerts/page-book.ts';
import { jsonAnswer, readJson } from './answer.ts';
import type { KubernetesApi } from './kubernetes/api.ts';
import type { Fault as ApiFault } from './kubernetes/fault-switch.ts';
import type { SandboxHandler, SandboxRequest, SandboxResponse } from './listen.ts';
import { formatFaultName } from './patients/fault.ts';
import type { Patient } from './patients/patient.ts';

interface Control {
  readonly patients: readonly Patient[];
  readonly kubernetes: Pick<KubernetesApi, 'faults' | 'requests'>;
  readonly pages: PageBook;
  /** Called when a patient was made ill or well. */
  readonly changed: () => void;
}

const faultPath = /^\/patients\/([^/]+)\/fault$/;

/** How a person or a test gives faults to the patients and to the Kubernetes API, and sees what was asked of it. */
export function controlHandler(control: Control): SandboxHandler {
  return async (request) => {
    const platform = faultPath.exec(request.path)?.[1];
    if (platform !== undefined) return patientFault(control, platform, request);
    switch (`${request.method} ${request.path}`) {
      case 'GET /patients':
        return jsonAnswer(200, { patients: control.patients.map(describe) });
      case 'GET /requests':
        return jsonAnswer(200, {
          requests: request.query.has('effects') ? control.kubernetes.requests.effects() : control.kubernetes.requests.entries(),
        });
      case 'GET /pages':
        return jsonAnswer(200, { pages: control.pages.all() });
      case 'PUT /api-faults':
        return setApiFault(control, request.body);
      case 'DELETE /api-faults':
        control.kubernetes.faults.clear();
        return jsonAnswer(200, {});
      default:
        return jsonAnswer(404, { error: `there is no ${request.method} ${request.path}` });
    }
  };
}

function patientFault(control: Control, platform: string, request: SandboxRequest): SandboxResponse {
  const patient = control.patients.find((known) => known.platform === platform);
  if (patient === undefined)
    return jsonAnswer(404, { error: `there is no platform ${platform}`, platforms: control.patients.map((known) => known.platform) });
  switch (request.method) {
    case 'PUT': {
      const given = readFault(request.body);
      if (given === undefined)
        return jsonAnswer(422, { error: 'the body must be an object with a text "fault" and, if any, texts in "labels"' });
      if (!patient.faults.inject(given.fault, given.labels)) {
        return jsonAnswer(422, { error: `${platform} has no fault ${given.fault} for these labels`, faults: patient.faults.names });
      }
      break;
    }
    case 'DELETE':
      patient.heal();
      break;
    default:
      return jsonAnswer(405, { error: `${request.method} is not allowed here, but PUT and DELETE are` });
  }
  control.changed();
  return jsonAnswer(200, describe(patient));
}

function describe(patient: Patient): object {
  patient.step();
  const faults = patient.faults.all().map((fault) => ({ fault: formatFaultName(fault), labels: fault.labels, isCured: fault.isCured }));
  const unwell = patient.alertNames.filter((name) => patient.alert(name, {})?.isUnwell() === true);
  const isUnwell = unwell.length > 0 || faults.some(({ isCured }) => !isCured);
  return {
    platform: patient.platform,
    namespace: patient.namespaces[0],
    namespaces: patient.namespaces,
    isUnwell,
    faults,
    knownFaults: patient.faults.names,
    alerts: patient.alertNames,
    faultAlerts: patient.faultAlerts ?? {},
    faultsForPeople: patient.faultsForPeople ?? [],
    faultsAtRealSpeed: patient.faultsAtRealSpeed ?? [],
    /** Of these, what the patient gives reason for now. */
    unwell,
  };
}

function readFault(body: string): { readonly fault: string; readonly labels: Readonly<Record<string, string>> } | undefined {
  const { fault, labels = {} } = members(body);
  if (typeof fault !== 'string' || typeof labels !== 'object' || labels === null) return undefined;
  if (!Object.values(labels).every((value) => typeof value === 'string')) return undefined;
  return { fault, labels: labels as Readonly<Record<string, string>> };
}

const statuses: readonly unknown[] = [401, 403, 404, 409, 422, 429, 500, 503];

/** `{ pattern, status | never | cut, retryAfterSeconds?, isApplied?, times?, after? }`; the pattern is a JavaScript expression on `METHOD path`, `after` one of a request that has to come first. */
function setApiFault(control: Control, body: string): SandboxResponse {
  const { pattern, times, after } = members(body);
  const first = typeof after === 'string' ? readExpression(after) : undefined;
  const expression = typeof pattern === 'string' ? readExpression(pattern) : undefined;
  const fault = readApiFault(members(body));
  const isCounted = times === undefined || (typeof times === 'number' && Number.isSafeInteger(times) && times > 0);
  if (expression === undefined || fault === undefined || !isCounted || (after !== undefined && first === undefined)) {
    return jsonAnswer(422, {
      error: `the body must have a regular expression "pattern" and one of "status" (${statuses.join(', ')}), "never", "cut"; "times" is a whole number above 0, "after" another regular expression`,
    });
  }
  control.kubernetes.faults.set(expression, fault, {
    ...(times === undefined ? {} : { times }),
    ...(first === undefined ? {} : { after: first }),
  });
  return jsonAnswer(200, {});
}

function readApiFault({ status, never, cut, isApplied, retryAfterSeconds }: Readonly<Record<string, unknown>>): ApiFault | undefined {
  if (never === true) return { never, isApplied: isApplied === true };
  if (cut === true) return { cut };
  if (!statuses.includes(status)) return undefined;
  return { status, ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}) } as ApiFault;
}

function readExpression(text: string): RegExp | undefined {
  try {
    return new RegExp(text);
  } catch {
    return undefined;
  }
}

function members(body: string): Readonly<Record<string, unknown>> {
  const value = readJson(body);
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
