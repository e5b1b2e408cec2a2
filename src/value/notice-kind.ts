/** What people can be told of besides being called, by the names that `notices[].on` takes. */
export const noticeKinds = [
  'approval-asked',
  'approval-answered',
  'approval-expired',
  'run-planned',
  'run-started',
  'run-ended',
  'run-denied',
  'recurred',
  'undo',
  'rule-demoted',
  'pause',
] as const;
export type NoticeKind = (typeof noticeKinds)[number];
