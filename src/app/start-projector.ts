import { messageOf } from '../errors.ts';
import { within } from '../pipeline/deadline.ts';
import { Projector } from '../pipeline/projector.ts';
import type { Projection } from '../pipeline/take-over.ts';

/** How long the start waits for history, ms. */
const lookLimit = 3000;

/**
 * Looks whether Redis still has what history knows, before anything is done, and begins to take the journal over. A history that
 * does not answer holds nothing up: what needs its database in order to start could not mend that database.
 */
export async function startProjector(projection: Projection): Promise<Projector> {
  const { clock, log } = projection;
  const projector = new Projector(projection);
  try {
    await within({ clock, length: lookLimit, what: 'history' }, () => projector.look());
  } catch (error) {
    log.warn({ reason: messageOf(error) }, 'not known yet whether Redis has all that history knows');
  }
  projector.start();
  return projector;
}
