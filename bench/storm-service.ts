import { startService } from '../src/app/service.ts';
import { loadConfig } from '../src/config/load.ts';

/** Run as a process of its own, so that its memory is the service's: the whole service on the folder and the Redis in argv. */
const [folder = '', redis = ''] = process.argv.slice(2);
const flags = {
  config: `${folder}/fixpoint.yaml`,
  rules: `${folder}/rules`,
  remediations: `${folder}/remediations`,
  data: `${folder}/data`,
  redis,
  listen: '127.0.0.1:0',
  logLevel: 'error',
};
const service = await startService({ config: loadConfig(flags, {}), role: 'all', isTerminal: false });
process.on('disconnect', () => void service.close());
process.send?.(service.url);
