/** What an alert about ourselves needs in order to fire, in the notation of promtool's series: one value every 30 s. */
export interface AlertCase {
  readonly alert: string;
  readonly series: Readonly<Record<string, string>>;
  /** Minutes: it fires at this time, and not yet at the other. */
  readonly fires: number;
  readonly notYet: number;
  /** Besides those that the rule sets. */
  readonly labels: Readonly<Record<string, string>>;
}

export const alertCases: readonly AlertCase[] = [
  { alert: 'FixpointDown', series: { 'up{job="fixpoint",instance="a"}': '1x9 0x60' }, notYet: 6, fires: 8, labels: {} },
  {
    alert: 'FixpointReplicaDown',
    series: { 'up{job="fixpoint",instance="a"}': '1x80', 'up{job="fixpoint",instance="b"}': '1x9 0x70' },
    notYet: 9,
    fires: 11,
    labels: { job: 'fixpoint', instance: 'b' },
  },
  { alert: 'FixpointNotReady', series: { 'fixpoint_ready{instance="a"}': '1x9 0x60' }, notYet: 6, fires: 8, labels: { instance: 'a' } },
  {
    alert: 'FixpointQueueStuck',
    series: {
      'fixpoint_queue_oldest_seconds{instance="a",queue="runs"}': '0+30x60',
      'fixpoint_queue_oldest_seconds{instance="a",queue="intake"}': '2x60',
    },
    notYet: 4,
    fires: 5,
    labels: { queue: 'runs' },
  },
  {
    alert: 'FixpointRunsFailing',
    series: {
      'fixpoint_runs_total{instance="a",rule="slow",outcome="failed"}': '0x20 1 2 3x60',
      'fixpoint_runs_total{instance="b",rule="slow",outcome="succeeded"}': '1x20 2x60',
      // As many, and most of them good.
      'fixpoint_runs_total{instance="a",rule="fine",outcome="failed"}': '0x20 1 2 3x60',
      'fixpoint_runs_total{instance="a",rule="fine",outcome="succeeded"}': '0+1x60',
    },
    notYet: 9,
    fires: 15,
    labels: { rule: 'slow' },
  },
  {
    alert: 'FixpointCallsFailing',
    series: { 'fixpoint_escalations_total{instance="a",rule="slow",result="failed"}': '0+1x60' },
    notYet: 4,
    fires: 7,
    labels: {},
  },
  { alert: 'FixpointApprovalWaiting', series: { 'fixpoint_approvals_waiting{instance="a"}': '1x60' }, notYet: 9, fires: 11, labels: {} },
  {
    alert: 'FixpointRuleDemoted',
    series: {
      'fixpoint_rule_demoted{instance="a",rule="slow"}': '_x9 1x20',
      'fixpoint_rule_demoted{instance="b",rule="slow"}': '_x9 1x20',
    },
    notYet: 4,
    fires: 6,
    labels: { rule: 'slow' },
  },
  {
    alert: 'FixpointReloadRefused',
    series: { 'fixpoint_rules_refused{instance="a"}': '0x9 1x60', 'fixpoint_rules_refused{instance="b"}': '0x60' },
    notYet: 6,
    fires: 8,
    labels: { instance: 'a' },
  },
  {
    alert: 'FixpointCertificateEnds',
    series: {
      'fixpoint_tls_certificate_end_timestamp_seconds{instance="a"}': `${86_400 + 600}x80`,
      'fixpoint_tls_certificate_end_timestamp_seconds{instance="b"}': `${86_400 * 30}x80`,
    },
    notYet: 24,
    fires: 27,
    labels: { instance: 'a' },
  },
  { alert: 'FixpointReplicasDiffer', series: { 'fixpoint_replica_rulebooks{instance="a"}': '2x60' }, notYet: 9, fires: 11, labels: {} },
  {
    alert: 'FixpointHeartbeatMissing',
    series: {
      'fixpoint_source_silent{instance="a",source="east"}': '0x9 1x60',
      'fixpoint_source_silent{instance="b",source="east"}': '0x10 1x60',
      'fixpoint_source_silent{instance="a",source="west"}': '0x60',
    },
    notYet: 4,
    fires: 6,
    labels: { source: 'east' },
  },
  { alert: 'FixpointJournalLag', series: { 'fixpoint_journal_lag_seconds{instance="a"}': '0+30x60' }, notYet: 10, fires: 11, labels: {} },
  { alert: 'FixpointPaused', series: { 'fixpoint_paused{instance="a"}': '1x600' }, notYet: 239, fires: 241, labels: {} },
  { alert: 'FixpointStorm', series: { 'fixpoint_storm{instance="a"}': '0x9 1x20' }, notYet: 4, fires: 6, labels: {} },
  {
    alert: 'FixpointDoctorProblems',
    series: {
      'fixpoint_doctor_problems{instance="a",area="rights"}': '2x90',
      'fixpoint_doctor_problems{instance="a",area="redis"}': '0x90',
    },
    notYet: 29,
    fires: 31,
    labels: { area: 'rights' },
  },
];

/** What a Fixpoint shows that is well, with all that may look ill for a while. */
export const healthy: Readonly<Record<string, string>> = {
  'up{job="fixpoint",instance="a"}': '1x60',
  'up{job="fixpoint",instance="b"}': '1x10 0x6 1x60',
  'fixpoint_ready{instance="a"}': '1x20 0x2 1x60',
  'fixpoint_queue_oldest_seconds{instance="a",queue="runs"}': '0x20 90x3 5x60',
  'fixpoint_runs_total{instance="a",rule="slow",outcome="succeeded"}': '0+1x60',
  'fixpoint_runs_total{instance="a",rule="slow",outcome="failed"}': '0+1x10 10x60',
  // One failure is no pattern.
  'fixpoint_runs_total{instance="a",rule="rare",outcome="failed"}': '0x40 1x60',
  'fixpoint_escalations_total{instance="a",rule="slow",result="delivered"}': '0+1x60',
  'fixpoint_approvals_waiting{instance="a"}': '0x10 1x10 0x60',
  'fixpoint_rules_refused{instance="a"}': '0x10 1x2 0x60',
  'fixpoint_replica_rulebooks{instance="a"}': '1x5 2x10 1x60',
  'fixpoint_source_silent{instance="a",source="default"}': '0x60',
  'fixpoint_journal_lag_seconds{instance="a"}': '2x60',
  'fixpoint_paused{instance="a"}': '1x60',
  'fixpoint_storm{instance="a"}': '0x60',
  'fixpoint_doctor_problems{instance="a",area="rights"}': '0x60',
};
