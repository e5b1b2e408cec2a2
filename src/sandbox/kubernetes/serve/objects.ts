import type { SandboxResponse } from '../../listen.ts';
import { forbidden } from '../status-error.ts';
import type { Write } from '../writes.ts';
import { jsonAnswer } from './answer.ts';
import { readObject } from './body.ts';
import { isDryRun, target } from './call.ts';
import type { Call } from './call.ts';
import { patched } from './patch-object.ts';
import { present } from './present.ts';

export function getObject(call: Call): SandboxResponse {
  return jsonAnswer(200, present(call, target(call)));
}

export function createObject(call: Call): SandboxResponse {
  const { object, warnings } = readObject(call.request, call.route);
  const isRehearsal = isDryRun(call.request, 'CreateOptions');
  const created = call.cluster.writes.create(object, {
    isDryRun: isRehearsal,
    ...(call.cluster.options.admit === undefined ? {} : { admit: call.cluster.options.admit }),
  });
  return jsonAnswer(201, present(call, created), warnings);
}

/** PUT replaces an object, never creates one; without a resourceVersion it does so unconditionally. */
export function replaceObject(call: Call): SandboxResponse {
  const { object, warnings } = readObject(call.request, call.route);
  const isRehearsal = isDryRun(call.request, 'UpdateOptions');
  const previous = target(call);
  admit(call, { operation: 'update', object });
  const updated = call.cluster.writes.update(previous, object, { isDryRun: isRehearsal, part: partOf(call) });
  return jsonAnswer(200, present(call, updated), warnings);
}

export function patchObject(call: Call): SandboxResponse {
  const isRehearsal = isDryRun(call.request, 'PatchOptions');
  const previous = target(call);
  const { object, warnings } = patched(call.request, previous);
  admit(call, { operation: 'update', object });
  const updated = call.cluster.writes.update(previous, object, { isDryRun: isRehearsal, part: partOf(call) });
  return jsonAnswer(200, present(call, updated), warnings);
}

function partOf(call: Call): 'object' | 'status' {
  return call.route.subresource === 'status' ? 'status' : 'object';
}

/** The cluster's own admission, which answers 403. */
export function admit(call: Call, write: Write): void {
  const refusal = call.cluster.options.admit?.(write);
  if (refusal !== undefined) throw forbidden(call.route.resource, write.object.metadata.name, refusal);
}
