import { listen, type SandboxHandler } from './listen.ts';

/** Where an open sandbox listens, as base URLs; Prometheus and Alertmanager share one. */
export interface SandboxAddresses {
  readonly kubernetesUrl: string;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly controlUrl: string;
  /** An HTTP proxy to the addresses of pods. */
  readonly podsUrl: string;
  /** The HTTP services of the patients by name. */
  readonly services: Readonly<Record<string, string>>;
}

/** What listens: the four of the sandbox itself, and the HTTP services of its patients by name. */
export interface SandboxHandlers {
  readonly kubernetes: SandboxHandler;
  readonly prometheus: SandboxHandler;
  readonly control: SandboxHandler;
  readonly pods: SandboxHandler;
  readonly services: Readonly<Record<string, SandboxHandler>>;
}

/** By name; 0 or nothing takes a free port. */
export type SandboxPorts = Readonly<Record<string, number>>;

/** Opens all listeners or none. */
export async function openListeners(
  { services, ...own }: SandboxHandlers,
  ports: SandboxPorts,
): Promise<{ addresses: SandboxAddresses; close(): Promise<void> }> {
  const urls = new Map<string, string>();
  const closings: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => void (await Promise.all(closings.map((closing) => closing())));
  try {
    for (const [name, handle] of Object.entries({ ...own, ...services })) {
      const listener = await listen(handle, { port: ports[name] ?? 0 });
      urls.set(name, listener.url);
      closings.push(() => listener.close());
    }
  } catch (error) {
    await close();
    throw error;
  }
  const urlOf = (name: string): string => urls.get(name) ?? '';
  const addresses = {
    kubernetesUrl: urlOf('kubernetes'),
    prometheusUrl: urlOf('prometheus'),
    alertmanagerUrl: urlOf('prometheus'),
    controlUrl: urlOf('control'),
    podsUrl: urlOf('pods'),
    services: Object.fromEntries(Object.keys(services).map((name) => [name, urlOf(name)])),
  };
  return { addresses, close };
}
