import type { Command } from './command.ts';

/** Every command, loaded when it is asked for: most need little, and the service needs much. */
export const catalogue: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serve,
  sandbox: async () => (await import('./sandbox.ts')).sandbox,
  check: async () => (await import('./check.ts')).check,
  test: async () => (await import('./test.ts')).test,
  explain: async () => (await import('./explain.ts')).explain,
  runs: async () => (await import('./runs.ts')).runs,
  approvals: async () => (await import('./approvals.ts')).approvals,
  approve: async () => (await import('./act.ts')).approve,
  deny: async () => (await import('./act.ts')).deny,
  cancel: async () => (await import('./act.ts')).cancel,
  undo: async () => (await import('./act.ts')).undo,
  acknowledge: async () => (await import('./act.ts')).acknowledge,
  replay: async () => (await import('./replay.ts')).replay,
  pause: async () => (await import('./pause.ts')).pause,
  resume: async () => (await import('./resume.ts')).resume,
  rbac: async () => (await import('./rbac.ts')).rbac,
  doctor: async () => (await import('./doctor.ts')).doctor,
  restore: async () => (await import('./restore.ts')).restore,
  token: async () => (await import('./token.ts')).token,
  config: async () => (await import('./config.ts')).config,
  schema: async () => (await import('./schema.ts')).schema,
  version: async () => (await import('./version.ts')).version,
};
