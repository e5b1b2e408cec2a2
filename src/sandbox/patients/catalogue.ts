import { MlPatient } from './254carbon-ml/ml-patient.ts';
import { carbonMl } from './254carbon-ml/platform.ts';
import { GatekeeperPatient } from './ai-gatekeeper/gatekeeper-patient.ts';
import { aiGatekeeper } from './ai-gatekeeper/platform.ts';
import { GuardrailsPatient } from './llm-guardrails/guardrails-patient.ts';
import { llmGuardrails } from './llm-guardrails/platform.ts';
import { llmResearch } from './llm-research/platform.ts';
import { ResearchPatient } from './llm-research/research-patient.ts';
import type { PatientWorld } from './patient-world.ts';
import type { Patient } from './patient.ts';
import type { Platform } from './platform.ts';
import { safetySystem } from './safety-system/platform.ts';
import { SafetyPatient } from './safety-system/safety-patient.ts';

export interface PatientKind {
  readonly platform: Platform;
  create(world: PatientWorld): Patient;
}

/** The platforms there are to practise on; a bare alert that several or none of them know is for the first. */
export const patientKinds: readonly [PatientKind, ...PatientKind[]] = [
  { platform: llmGuardrails, create: (world) => new GuardrailsPatient(world) },
  { platform: llmResearch, create: (world) => new ResearchPatient(world) },
  { platform: aiGatekeeper, create: (world) => new GatekeeperPatient(world) },
  { platform: carbonMl, create: (world) => new MlPatient(world) },
  { platform: safetySystem, create: (world) => new SafetyPatient(world) },
];

export const platforms: readonly Platform[] = patientKinds.map(({ platform }) => platform);
