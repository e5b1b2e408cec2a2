import type { Fault } from '../fault.ts';
import { safetyReplicas } from './platform.ts';
import type { LlmProvider, SafetyLoad } from './safety-traffic.ts';
import { screeningLatency, screeningLoad } from './screening-capacity.ts';

/** Screenings a second: 8 pods are just enough for the surge. */
const ordinaryScreenings = 20;
export const surgeScreenings = 80;

/** Questions a second to a language model; the first provider is still tried with some of them while the other one is used. */
const questions = 4;
const triedQuestions = 1;
const timeoutMs = 30_000;

const actions = 5;

/** What decides about the traffic at one moment. */
export interface SafetyCondition {
  /** Pods that take requests. */
  readonly screeners: number;
  readonly reasoners: number;
  readonly executors: number;
  readonly provider: LlmProvider;
  /** From 0 to 1: screeners that run a bad model. */
  readonly badModels: number;
  readonly surge: Fault | undefined;
  readonly outage: Fault | undefined;
  readonly areActionsFailing: boolean;
}

export function safetyLoad(condition: SafetyCondition): SafetyLoad {
  const { badModels } = condition;
  return {
    ...screeningOf(condition),
    confidence: { median: 0.87 - badModels * 0.15, spread: 0.06 },
    falsePositives: 0.03 + badModels * 0.25,
    ...reasoningOf(condition),
    actions: condition.executors === 0 ? 0 : actions,
    failedActions: condition.executors > 0 && condition.areActionsFailing ? actions * 0.4 : 0,
  };
}

function screeningOf({ screeners, surge }: SafetyCondition): Pick<SafetyLoad, 'screenings' | 'screeningLatency'> {
  const wanted = surge === undefined ? ordinaryScreenings : surgeScreenings;
  // A stubborn surge grows with the pods.
  const pods = surge?.isStubborn === true ? Math.min(screeners, safetyReplicas['risk-screening']) : screeners;
  return { screenings: screeners === 0 ? 0 : wanted, screeningLatency: screeningLatency(screeningLoad(wanted, pods)) };
}

function reasoningOf({ reasoners, provider, outage }: SafetyCondition): Pick<SafetyLoad, 'questions' | 'timeouts' | 'reasoningLatency'> {
  const asked = reasoners === 0 ? 0 : questions;
  const answered = { median: provider === 'primary' ? 1800 : 2300, spread: 0.4 };
  if (outage === undefined) return { questions: asked, timeouts: 0, reasoningLatency: answered };
  // In a stubborn outage the other provider does not answer, either.
  const isWaiting = provider === 'primary' || outage.isStubborn;
  return {
    questions: asked,
    timeouts: Math.min(asked, isWaiting ? questions : triedQuestions),
    reasoningLatency: isWaiting ? { median: timeoutMs, spread: 0.01 } : answered,
  };
}
