/** Where a run is in its life (design: "A run's life"). */
export const livePhases = ['queued', 'planning', 'awaiting-approval', 'applying', 'settling', 'verifying', 'waiting', 'undoing'] as const;
export const terminalPhases = [
  'succeeded',
  'failed',
  'denied',
  'superseded',
  'expired',
  'cancelled',
  'interrupted',
  'planned',
  'observed',
] as const;
export const phases = [...livePhases, ...terminalPhases] as const;

export type LivePhase = (typeof livePhases)[number];
export type TerminalPhase = (typeof terminalPhases)[number];
export type Phase = LivePhase | TerminalPhase;

export function isTerminal(phase: Phase): phase is TerminalPhase {
  return (terminalPhases as readonly string[]).includes(phase);
}
