import type { SandboxResponse } from '../../listen.ts';
import type { KubernetesObject } from '../object.ts';
import type { PlainObject } from '../plain.ts';
import { apiVersionOf } from '../resource.ts';
import { statusOf } from '../status-error.ts';
import type { StoredChange } from '../store.ts';
import { streamAnswer } from './answer.ts';
import type { Call } from './call.ts';
import { filterOf, integerIn, versionIn } from './collection.ts';
import { present } from './present.ts';

const longestWatchSeconds = 3_600;
const bookmarkEveryMs = 60_000;

type WatchType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** A watch: first what has changed since `resourceVersion` (or all there is), then changes as they come, until its timeout. */
export function serveWatch(call: Call): SandboxResponse {
  const matches = filterOf(call);
  const seconds = integerIn(call, 'timeoutSeconds') ?? longestWatchSeconds;
  const version = versionIn(call);
  const lines = new Lines();
  const { store } = call.cluster;
  if (version !== undefined && version > 0 && version < store.oldestVersion) {
    lines.push(
      line('ERROR', statusOf({ code: 410, reason: 'Expired', message: `too old resource version: ${version} (${store.oldestVersion})` })),
    );
    lines.end();
    return streamAnswer(lines);
  }
  const isFromStart = version === undefined || version === 0;
  const deliver = (change: StoredChange): void => {
    const event = eventOf(call, change, matches);
    if (event !== undefined && !(version !== undefined && change.version <= version)) lines.push(event);
  };
  if (isFromStart) {
    for (const object of store.list(call.route.resource.kind, call.route.namespace || undefined).filter(matches))
      lines.push(line('ADDED', present(call, object)));
  } else {
    for (const change of store.changesAfter(version)) deliver(change);
  }
  const wantsBookmarks = call.request.query.get('allowWatchBookmarks') === 'true';
  const bookmark = (annotations?: PlainObject): void => {
    if (wantsBookmarks) lines.push(line('BOOKMARK', bookmarkOf(call, annotations)));
  };
  if (call.request.query.get('sendInitialEvents') === 'true') bookmark({ 'k8s.io/initial-events-end': 'true' });
  const stops = [store.subscribe(deliver), ...timersOf(call, { seconds, bookmark, end: () => lines.end() })];
  const onAbort = (): void => lines.end();
  call.signal.addEventListener('abort', onAbort, { once: true });
  call.cluster.closed.addEventListener('abort', onAbort, { once: true });
  lines.onEnd = () => {
    for (const stop of stops) stop();
    call.signal.removeEventListener('abort', onAbort);
    call.cluster.closed.removeEventListener('abort', onAbort);
  };
  if (call.signal.aborted || call.cluster.closed.aborted) lines.end();
  return streamAnswer(lines);
}

function timersOf(
  call: Call,
  watch: { readonly seconds: number; readonly bookmark: () => void; readonly end: () => void },
): readonly (() => void)[] {
  const { clock } = call.cluster;
  const end = clock.schedule(watch.seconds * 1000, watch.end);
  const last = clock.schedule(Math.max(0, watch.seconds * 1000 - 1500), watch.bookmark);
  let regular = clock.schedule(bookmarkEveryMs, tick);
  function tick(): void {
    watch.bookmark();
    regular = clock.schedule(bookmarkEveryMs, tick);
  }
  return [() => end.cancel(), () => last.cancel(), () => regular.cancel()];
}

/** An object that comes to meet the selector is ADDED, one that leaves it DELETED with its old content and the new version. */
function eventOf(call: Call, change: StoredChange, matches: (object: KubernetesObject) => boolean): string | undefined {
  const { object, previous } = change;
  const { resource, namespace } = call.route;
  if (object.kind !== resource.kind || (namespace !== '' && object.metadata.namespace !== namespace)) return undefined;
  const was = previous !== undefined && matches(previous);
  const is = change.type !== 'DELETED' && matches(object);
  if (is) return line(was ? 'MODIFIED' : 'ADDED', present(call, object));
  if (!was) return undefined;
  const last = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(change.version) } };
  return line('DELETED', present(call, last));
}

function bookmarkOf(call: Call, annotations: PlainObject | undefined): unknown {
  const { resource } = call.route;
  const metadata = {
    resourceVersion: String(call.cluster.store.version),
    creationTimestamp: null,
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata };
}

function line(type: WatchType, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

/** Lines pushed from the store and read by one connection. */
class Lines implements AsyncIterable<string> {
  #queue: string[] = [];
  #isEnded = false;
  #wake: (() => void) | undefined;
  onEnd: (() => void) | undefined;

  push(text: string): void {
    if (this.#isEnded) return;
    this.#queue.push(text);
    this.#wake?.();
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.onEnd?.();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<string> {
    try {
      for (;;) {
        const ready = this.#queue;
        this.#queue = [];
        yield* ready;
        if (this.#queue.length > 0) continue;
        if (this.#isEnded) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.end();
    }
  }
}
