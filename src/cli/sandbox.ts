import { textOption, type Command } from './command.ts';
import { speedFrom } from './serve.ts';

export const sandbox: Command = {
  name: 'sandbox',
  summary: 'Run the simulated platforms alone, for a Fixpoint elsewhere to act on.',
  usage: '[--speed 10]',
  example: 'fixpoint sandbox --speed 10',
  options: { speed: { type: 'string' } },
  positionals: { least: 0, most: 0 },
  async run({ values, print, isJson }) {
    const { startSandbox } = await import('../app/sandbox-alone.ts');
    const speed = speedFrom(textOption(values, 'speed'), true);
    const { addresses, close } = await startSandbox(speed);
    if (isJson) print(JSON.stringify({ ...addresses, speed }));
    else {
      print(`The sandbox runs ${speed} times faster than real.`);
      print(`  Kubernetes API    ${addresses.kubernetesUrl}`);
      print(`  Prometheus, Alertmanager API    ${addresses.prometheusUrl}`);
      print(`  control (GET /patients, PUT /patients/<platform>/fault)    ${addresses.controlUrl}`);
      for (const [name, url] of Object.entries(addresses.services)) print(`  ${name}    ${url}`);
    }
    await new Promise<void>((resolve) => {
      process.once('SIGINT', () => resolve());
      process.once('SIGTERM', () => resolve());
    });
    await close();
    return 0;
  },
};
