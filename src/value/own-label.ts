/** Label of alerts that we raise ourselves; they are no evidence of anything, and intake drops them. */
export const ownLabel = 'fixpoint_escalation';
