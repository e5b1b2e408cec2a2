/** How complete an answer about runs is, as the API says it; an older service does not. */
export interface HistoryNote {
  readonly history?: string;
  readonly gaps?: readonly {
    readonly cause: string;
    readonly from: string;
    readonly to: string;
    readonly missing: number | null;
  }[];
}

/** One line for each reason why something may be missing; none when nothing is. */
export function historyLines({ history, gaps = [] }: HistoryNote): readonly string[] {
  const away = history === 'unavailable' ? ['history does not answer: only what Redis still has is shown'] : [];
  return [
    ...away,
    ...gaps.map(({ cause, from, to, missing }) =>
      cause === 'lost'
        ? `between ${from} and ${to} Redis lost what it had acknowledged`
        : `between ${from} and ${to} ${missing ?? 'some'} journal entries were let go of before history had them`,
    ),
  ];
}
