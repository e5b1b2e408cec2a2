import { readAlerts } from '../alert/read-alerts.ts';
import type { IntakeSource } from '../pipeline/intake.ts';
import type { Notification } from '../pipeline/notification.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** Tells the sandbox of alerts that someone posts to one of its own sources: their patients fall ill with what they say. */
export function handAlerts(
  sandbox: Sandbox,
  sandboxSources: ReadonlySet<string>,
  sourceNamed: (name: string) => IntakeSource,
): (notification: Notification) => void {
  return ({ source, message, receivedAt }) => {
    if (!sandboxSources.has(source)) return;
    for (const { status, fingerprint, labels, annotations, startsAt } of readAlerts(message, sourceNamed(source), receivedAt)) {
      if (status === 'firing') sandbox.alertPosted({ platform: source, fingerprint, labels, annotations, startsAt });
    }
  };
}
