import { oneLine } from './terminal-text.ts';

/** What is paused, as `GET /api/v1/pauses` tells it. */
export interface Pauses {
  readonly pauses: readonly PauseView[];
  /** Of the process that answers, by its file or variable; an older service does not tell. */
  readonly local?: LocalPauseView | null;
}

interface PauseView {
  readonly id: string;
  readonly scope: { readonly kind: string; readonly name?: string };
  readonly reason: string;
  readonly by: string;
  readonly until?: string | null;
}

interface LocalPauseView {
  readonly id: string;
  readonly process: string;
  readonly reason: string;
  readonly end: string;
  readonly since: string;
}

/** A line for each. */
export function pauseLines({ pauses, local }: Pauses): string[] {
  const shared = pauses.map(({ id, scope, reason, by, until }) => {
    const what = [scope.kind, scope.name].filter((word) => word !== undefined).join(' ');
    return `${id}  ${what}  ${by}: ${reason}${typeof until === 'string' ? ` (until ${until})` : ''}`;
  });
  const here =
    local === undefined || local === null
      ? []
      : [`${local.id}  everything at process ${local.process}  ${local.reason} (since ${local.since}); to end it, ${local.end}`];
  return [...shared, ...here].map(oneLine);
}
