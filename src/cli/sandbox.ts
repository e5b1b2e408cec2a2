import { textOption, UsageError, type Command } from './command.ts';
import { gameDay, listFaults } from './game-day.ts';
import { speedFrom } from './serve.ts';

/** What only a game day takes. */
const ofGameDay = ['platform', 'fault', 'stubborn', 'label', 'for', 'simulated', 'approve', 'stay', 'listen', 'rules', 'remediations'];

export const sandbox: Command = {
  name: 'sandbox',
  summary: 'Play a game day: a live incident on a simulated platform. Or run the simulated platforms alone, for a Fixpoint elsewhere.',
  usage:
    '[--speed 10] | --list | --platform <name> --fault <name> [--stubborn] [--label <name>=<value>] [--approve] [--speed 20] [--for 10m] [--simulated] [--stay] [--listen 127.0.0.1:<port>] [--rules <folder>] [--remediations <folder>]',
  example: 'fixpoint sandbox --platform llm-guardrails --fault high-latency',
  options: {
    speed: { type: 'string' },
    list: { type: 'boolean' },
    platform: { type: 'string' },
    fault: { type: 'string' },
    stubborn: { type: 'boolean' },
    label: { type: 'string', multiple: true },
    for: { type: 'string' },
    simulated: { type: 'boolean' },
    approve: { type: 'boolean' },
    stay: { type: 'boolean' },
    listen: { type: 'string' },
    rules: { type: 'string' },
    remediations: { type: 'string' },
  },
  positionals: { least: 0, most: 0 },
  async run(invocation) {
    const { values, print, isJson } = invocation;
    if (values['list'] === true) return await listFaults(invocation);
    const given = ofGameDay.filter((name) => values[name] !== undefined);
    if (given.includes('platform')) return await gameDay(invocation);
    if (given.length > 0) throw new UsageError(`--${given[0]} is for a game day, which needs --platform`);
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
