import { FixpointError } from '../../errors.ts';
import type { JsonApi } from '../http/json-api.ts';
import type { GettableAlert } from './gettable-alert.ts';

/** `createdBy` of the silences that we make ourselves. */
export const ourName = 'fixpoint';

/** Whether a silence is our own; asked once per id, and one that cannot be asked rejects. */
export function ownSilences(alertmanager: JsonApi, signal: AbortSignal): (id: string) => Promise<boolean> {
  const asked = new Map<string, Promise<boolean>>();
  return (id) => {
    const known = asked.get(id) ?? isOurs(alertmanager, id, signal);
    asked.set(id, known);
    return known;
  };
}

async function isOurs(alertmanager: JsonApi, id: string, signal: AbortSignal): Promise<boolean> {
  const path = `/api/v2/silence/${encodeURIComponent(id)}`;
  const { status, body } = await alertmanager.send({ method: 'GET', path, signal, code: 'alertmanager.unavailable' });
  // It is unknown once it has expired and been forgotten: then somebody's, as far as anyone can say.
  if (status === 404) return false;
  if (status !== 200 || typeof body !== 'object' || body === null)
    throw new FixpointError('alertmanager.unavailable', `GET /api/v2/silence: HTTP ${status}`);
  return 'createdBy' in body && body.createdBy === ourName;
}

/** What keeps an alert from being told to anyone, without silences of our own; undefined where nothing does. */
export async function suppressedBy({ status }: GettableAlert, isOwn: (id: string) => Promise<boolean>): Promise<string | undefined> {
  const { state, silencedBy, inhibitedBy, mutedBy } = status;
  if (state !== 'suppressed') return undefined;
  const own = await Promise.all(silencedBy.map(isOwn));
  const silences = silencedBy.filter((_id, index) => own[index] !== true);
  if (silences.length > 0) return `silence ${silences.join(', ')}`;
  if (inhibitedBy.length > 0) return `inhibition by ${inhibitedBy.join(', ')}`;
  if (mutedBy.length > 0) return `mute ${mutedBy.join(', ')}`;
  return silencedBy.length > 0 ? undefined : 'Alertmanager';
}
