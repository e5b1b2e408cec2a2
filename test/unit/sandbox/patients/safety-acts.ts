import type { KubernetesObject } from '../../../../src/sandbox/kubernetes/object.ts';
import { objectAt } from '../../../../src/sandbox/kubernetes/plain.ts';
import { Ward } from '../ward.ts';

export const platform = 'safety-system';

/** A ward, and what people do to the safety system in it. */
export class SafetyWard extends Ward {
  scaleOf(name: string, replicas: number): void {
    this.#set('Deployment', name, (spec) => ({ ...spec, replicas }));
  }

  raiseFloor(minReplicas: number): void {
    this.#set('HorizontalPodAutoscaler', 'risk-screening-hpa', (spec) => ({ ...spec, minReplicas }));
  }

  /** The screeners as they were at first. */
  scaleBack(): void {
    this.raiseFloor(3);
    this.scaleOf('risk-screening', 3);
  }

  restartOf(name: string): void {
    this.restart(name, 'Deployment', platform);
  }

  setImage(name: string, image: string): void {
    this.#set('Deployment', name, (spec) => {
      const template = objectAt(spec, 'template');
      return { ...spec, template: { ...template, spec: { ...objectAt(template, 'spec'), containers: [{ name, image }] } } };
    });
  }

  async switchTo(active: string): Promise<void> {
    const { status } = await this.ask('reasoning', 'PUT /admin/llm', JSON.stringify({ active }));
    if (status !== 200) throw new Error(`the switch was answered ${status}`);
  }

  #set(kind: string, name: string, to: (spec: Readonly<Record<string, unknown>>) => object): void {
    const found = this.sandbox.cluster.get(kind, platform, name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    this.sandbox.cluster.update(found, (live: KubernetesObject) => ({ ...live, spec: to(objectAt(live, 'spec')) }));
  }
}
