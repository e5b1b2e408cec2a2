import type { Cluster } from '../../kubernetes/cluster.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import { listAt, numberAt, objectAt, textAt } from '../../kubernetes/plain.ts';
import { firstImageOf, safetyReplicas, safetyServices, safetySystem, screeningImage, type SafetyService } from './platform.ts';

const [namespace] = safetySystem.namespaces;

/** The Deployments of the safety system: what its faults do to them, and what shows of them. */
export class SafetyWorkloads {
  readonly #cluster: Cluster;
  #badModels = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  replicas(): readonly { readonly name: SafetyService; readonly available: number; readonly unavailable: number }[] {
    return safetyServices.map((name) => {
      const found = this.#find(name);
      return {
        name,
        available: numberAt(found, 'status', 'availableReplicas') ?? 0,
        unavailable: numberAt(found, 'status', 'unavailableReplicas') ?? 0,
      };
    });
  }

  /** The count its spec asks for. */
  wanted(name: SafetyService): number {
    return numberAt(this.#find(name), 'spec', 'replicas') ?? 0;
  }

  /** Whether all of its pods are there and of its present template. */
  isWhole(name: SafetyService): boolean {
    const found = this.#find(name);
    const count = (field: string): number => numberAt(found, 'status', field) ?? 0;
    return found !== undefined && count('unavailableReplicas') === 0 && count('updatedReplicas') === count('replicas');
  }

  scale(name: SafetyService, replicas: number): void {
    this.#change(name, (spec) => ({ ...spec, replicas }));
  }

  /** As many replicas as at the start, and as low a bound. */
  scaleBack(name: SafetyService): void {
    const autoscaler = this.#cluster.get('HorizontalPodAutoscaler', namespace, `${name}-hpa`);
    if (autoscaler !== undefined)
      this.#cluster.update(autoscaler, (live) => ({ ...live, spec: { ...objectAt(live, 'spec'), minReplicas: safetyReplicas[name] } }));
    if (this.wanted(name) > safetyReplicas[name]) this.scale(name, safetyReplicas[name]);
  }

  /** Each time a version that was not there before. */
  releaseBadModel(): void {
    this.#badModels += 1;
    this.#setImage('risk-screening', `${screeningImage}:3.3.${this.#badModels}`);
  }

  isBadModel(image: string): boolean {
    return image === `${screeningImage}:3.3.${this.#badModels}`;
  }

  isBadModelWanted(): boolean {
    return this.isBadModel(this.#imageOf('risk-screening'));
  }

  /** A version whose image nobody has pushed. */
  releaseBroken(name: SafetyService): void {
    this.#setImage(name, `safety/${name}:2.9.0-missing`);
  }

  /** Takes back what faults have done. */
  heal(): void {
    for (const name of safetyServices) {
      if (this.isBroken(name) || this.isBadModel(this.#imageOf(name))) this.#setImage(name, firstImageOf(name));
    }
    if (this.wanted('event-ingestion') < safetyReplicas['event-ingestion'])
      this.scale('event-ingestion', safetyReplicas['event-ingestion']);
  }

  isBroken(name: SafetyService): boolean {
    return this.#imageOf(name).endsWith('-missing');
  }

  #setImage(name: SafetyService, image: string): void {
    this.#change(name, (spec) => {
      const template = objectAt(spec, 'template');
      const containers = listAt(template, 'spec', 'containers').map((container, index) =>
        index === 0 ? { ...container, image } : container,
      );
      return { ...spec, template: { ...template, spec: { ...objectAt(template, 'spec'), containers } } };
    });
  }

  #imageOf(name: SafetyService): string {
    return textAt(listAt(this.#find(name), 'spec', 'template', 'spec', 'containers')[0], 'image');
  }

  #find(name: SafetyService): KubernetesObject | undefined {
    return this.#cluster.get('Deployment', namespace, name);
  }

  #change(name: SafetyService, change: (spec: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>): void {
    const found = this.#find(name);
    if (found !== undefined) this.#cluster.update(found, (live) => ({ ...live, spec: change(objectAt(live, 'spec')) }));
  }
}
