/** What the files of one folder of src/ may import, beside their own folder and `errors`. */
export interface Layer {
  /** Folders of src/ it may import. */
  readonly imports: readonly string[];
  /** Folders of src/ it may import types of. */
  readonly types: readonly string[];
  /** Bound packages (see `boundPackages`) it may import. */
  readonly packages: readonly string[];
  /** Whether it may use Node's modules that reach files, processes and the network. */
  readonly isOutward: boolean;
}

const domain = ['value', 'ports', 'alert', 'rule', 'run'];
const families = ['guards', 'actions', 'checks'];
const sdks = [
  '@kubernetes/client-node',
  '@opentelemetry',
  'axios',
  'bullmq',
  'ioredis',
  'jose',
  'kysely',
  'pg',
  'pino',
  'pino-pretty',
  'prom-client',
  'undici',
];

/** Packages that only some folders may import: SDKs and drivers, and the web server. */
export const boundPackages: readonly string[] = [...sdks, 'fastify', '@fastify/swagger'];

/** Node's modules that reach files, processes and the network. */
export const outwardModules: readonly string[] = [
  'node:child_process',
  'node:cluster',
  'node:dgram',
  'node:dns',
  'node:dns/promises',
  'node:fs',
  'node:fs/promises',
  'node:http',
  'node:http2',
  'node:https',
  'node:net',
  'node:sqlite',
  'node:tls',
  'node:worker_threads',
];

/** The table of design.md §11: imports point down only. `main.ts` and `errors.ts` are files, the others folders of src/. */
export const layers: Readonly<Record<string, Layer>> = {
  'errors.ts': { imports: [], types: [], packages: [], isOutward: false },
  'value': { imports: [], types: [], packages: [], isOutward: false },
  'ports': { imports: ['value'], types: ['alert', 'rule', 'run'], packages: [], isOutward: false },
  'alert': { imports: ['value'], types: [], packages: [], isOutward: false },
  'rule': { imports: ['value', 'alert'], types: ['ports'], packages: [], isOutward: false },
  'run': { imports: ['value', 'alert', 'rule'], types: [], packages: [], isOutward: false },
  'guards': { imports: domain, types: [], packages: [], isOutward: false },
  'actions': { imports: domain, types: [], packages: [], isOutward: false },
  'checks': { imports: domain, types: [], packages: [], isOutward: false },
  'pipeline': { imports: [...domain, ...families], types: [], packages: [], isOutward: false },
  'config': { imports: ['value', 'alert', 'rule'], types: ['ports', 'run'], packages: [], isOutward: true },
  'api': {
    imports: [...domain, ...families, 'pipeline', 'page'],
    types: ['config'],
    packages: ['fastify', '@fastify/swagger'],
    isOutward: false,
  },
  'page': { imports: ['value'], types: ['run'], packages: [], isOutward: false },
  'adapters': { imports: ['value', 'ports'], types: ['alert', 'rule', 'run', ...families, 'config'], packages: sdks, isOutward: true },
  'sandbox': { imports: ['value'], types: [], packages: ['ioredis', 'pg'], isOutward: true },
  'app': {
    imports: [...domain, ...families, 'pipeline', 'api', 'page', 'config', 'adapters', 'sandbox'],
    types: [],
    packages: [],
    isOutward: true,
  },
  'testing': {
    imports: [...domain, ...families, 'pipeline', 'api', 'config', 'adapters', 'sandbox', 'app'],
    types: [],
    packages: [],
    isOutward: true,
  },
  'cli': {
    imports: ['value', 'app', 'config', 'testing'],
    types: [...domain, ...families, 'pipeline', 'api', 'adapters', 'sandbox'],
    packages: [],
    isOutward: true,
  },
  'main.ts': { imports: ['value', 'cli'], types: [], packages: [], isOutward: false },
};
