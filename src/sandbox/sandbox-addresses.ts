import { listen, type SandboxHandler } from './listen.ts';

/** The HTTP services of the patients. */
const serviceNames = ['guardrail-server', 'platform-api', 'llm-research-api'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Where an open sandbox listens, as base URLs; Prometheus and Alertmanager share one. */
export interface SandboxAddresses {
  readonly kubernetesUrl: string;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly controlUrl: string;
  readonly services: Readonly<Record<ServiceName, string>>;
}

export type ListenerName = 'kubernetes' | 'prometheus' | 'control' | ServiceName;

/** 0 or nothing takes a free port. */
export type SandboxPorts = Readonly<Partial<Record<ListenerName, number>>>;

/** Opens all listeners or none. */
export async function openListeners(
  handlers: Readonly<Record<ListenerName, SandboxHandler>>,
  ports: SandboxPorts,
): Promise<{ addresses: SandboxAddresses; close(): Promise<void> }> {
  const open: { readonly name: ListenerName; readonly url: string; close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(open.map((listener) => listener.close()));
  };
  try {
    for (const name of ['kubernetes', 'prometheus', 'control', ...serviceNames] as const) {
      open.push({ name, ...(await listen(handlers[name], { port: ports[name] ?? 0 })) });
    }
  } catch (error) {
    await close();
    throw error;
  }
  const urlOf = (name: ListenerName): string => open.find((listener) => listener.name === name)?.url ?? '';
  const addresses = {
    kubernetesUrl: urlOf('kubernetes'),
    prometheusUrl: urlOf('prometheus'),
    alertmanagerUrl: urlOf('prometheus'),
    controlUrl: urlOf('control'),
    services: {
      'guardrail-server': urlOf('guardrail-server'),
      'platform-api': urlOf('platform-api'),
      'llm-research-api': urlOf('llm-research-api'),
    },
  };
  return { addresses, close };
}
