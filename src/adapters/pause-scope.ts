import type { Pause, PauseSubject } from '../ports/store.ts';

/** Whether the pause covers a run about this. */
export function isAbout({ scope }: Pause, { rule, source, namespaces, targets }: PauseSubject): boolean {
  switch (scope.kind) {
    case 'global':
      return true;
    case 'rule':
      return scope.name === rule;
    case 'source':
      return scope.name === source;
    case 'namespace':
      return namespaces.includes(scope.name);
    case 'target':
      return targets.includes(scope.name);
  }
}
