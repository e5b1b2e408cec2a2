import type { Channel, Delivery } from '../ports/channel.ts';
import { within } from './deadline.ts';
import type { Engine } from './engine.ts';

/** How long one channel may take over one message, ms. */
export const sendTimeout = 5000;

/** Hands a message to a channel, with the address of its run. Nothing waits longer for it than `sendTimeout`. */
export async function sendTo(
  { clock, publicUrl }: Pick<Engine, 'clock'> & { readonly publicUrl?: string | undefined },
  channel: Channel,
  { message, ...times }: Delivery,
): Promise<void> {
  const url = publicUrl === undefined || message.run === '' ? {} : { url: `${publicUrl}/#${encodeURIComponent(message.run)}` };
  await within({ clock, length: sendTimeout, what: channel.name }, (signal) =>
    channel.send({ message: { ...message, ...url }, ...times }, signal),
  );
}
