import type { Channel, Delivery } from '../../../src/ports/channel.ts';

/** A channel that keeps what it is told, and takes nothing while it is away. */
export class RecordingChannel implements Channel {
  readonly name: string;
  readonly isKept: boolean;
  readonly deliveries: Delivery[] = [];
  isAway = false;
  /** Awaited by each delivery before it is taken. */
  onSend: () => Promise<void> = () => Promise.resolve();

  constructor(name: string, { isKept = false } = {}) {
    this.name = name;
    this.isKept = isKept;
  }

  async send(delivery: Delivery): Promise<void> {
    if (this.isAway) throw new Error(`${this.name} is away`);
    await this.onSend();
    this.deliveries.push(delivery);
  }

  get kinds(): readonly string[] {
    return this.deliveries.map(({ message }) => message.kind);
  }
}
