import { messageOf } from '../errors.ts';
import type { Pager } from '../ports/pager.ts';
import { within } from './deadline.ts';
import type { Engine } from './engine.ts';

/** How long one delivery may take, ms; after it another worker may try. */
const deliveryTimeout = 10_000;

/** Hands waiting messages to the pager. Runs never wait for it; what fails is tried again after the hold. */
export async function deliverOutbox(engine: Engine, pager: Pager): Promise<void> {
  for (const message of await engine.store.takeOutbox(10, deliveryTimeout * 2)) {
    const rule = message.labels['rule'] ?? 'none';
    try {
      await within({ clock: engine.clock, length: deliveryTimeout, what: 'the pager' }, (signal) => pager.deliver(message, signal));
      await engine.store.doneOutbox(message.id);
      engine.metrics.escalation(rule, 'delivered');
      engine.log.info({ incident: message.incident, runId: message.run, rule }, 'person called');
    } catch (error) {
      engine.metrics.escalation(rule, 'failed');
      engine.log.error(
        { incident: message.incident, rule, tries: message.tries, reason: messageOf(error) },
        'person could not be called, tried again',
      );
    }
  }
}
