import { loadModel } from '../load.js';
import type { Link, PageModel, Place } from '../model.js';
import { patched, type StreamEvent, ticked } from '../patch.js';
import { retryWait } from '../retry-wait.js';
import { createSseParser } from '../sse.js';
import { ask, openEvents, pageFacts } from './api-client.js';
import { after, every, monotonic } from './platform.js';
import type { Signal } from './signals.js';

/** Without a byte for so long, nothing is known any more. The server sends one every 10 s. */
const STALE_MS = 25_000;
/** Nor after so many tries in vain, one after the other. */
const FAILURES = 2;
/** A tab that is hidden closes its stream after this, and opens it again when it is shown. */
const HIDDEN_MS = 5 * 60_000;

/** Keeps the model of a place equal to the daemon's. */
export interface Connection {
  /** Shows another place; resolves when it is there. Rejects when the daemon does not answer. */
  show(place: Place): Promise<void>;
  /** Tries at once. */
  reconnect(): void;
  /** Fetches the present place again. */
  refresh(): Promise<void>;
}

/** `onHeld`: what a mirror's guard holds has changed. */
export function connect(
  first: Place,
  model: Signal<PageModel | undefined>,
  onHeld: (mirror: string) => void,
): Connection {
  let place = first;
  let lastId: string | undefined;
  let failures = 0;
  const daemon = createDaemonClock();
  let stream: AbortController | undefined;
  let cancelRetry = () => {};
  let [retryAt, followedAt] = [0, 0];
  let asked = 0;

  async function load(): Promise<void> {
    asked += 1;
    const own = asked;
    const { zone, role } = pageFacts();
    const loaded = await loadModel(place, ask, { zone, role, link: { state: 'live' } });
    if (own !== asked) return; // another place was asked for meanwhile
    daemon.set(loaded.nowMs);
    lastId = loaded.status.eventId;
    model.value = loaded;
  }

  async function follow(): Promise<void> {
    stream?.abort();
    cancelRetry();
    const own = new AbortController();
    stream = own;
    followedAt = monotonic();
    try {
      await load();
      await readStream(own.signal);
      throw new Error('the stream has ended');
    } catch {
      if (stream === own) retryLater();
    }
  }

  async function readStream(signal: AbortSignal): Promise<void> {
    const parser = createSseParser();
    for await (const piece of await openEvents(lastId, signal)) {
      if (signal.aborted) return;
      daemon.hear();
      failures = 0;
      for (const event of parser.push(piece)) await take(event);
    }
  }

  async function take(event: StreamEvent): Promise<void> {
    if (event.event === 'reset') return load();
    if (model.value) model.value = patched(model.value, event);
    lastId = event.id || lastId;
    const mirror = heldMirrorOf(event);
    if (mirror !== undefined) onHeld(mirror);
  }

  function retryLater(): void {
    stream?.abort();
    stream = undefined;
    if (document.hidden) return;
    const seconds = retryWait(failures, Math.random);
    failures += 1;
    retryAt = monotonic() + seconds * 1_000;
    cancelRetry();
    cancelRetry = after(seconds * 1_000, () => void follow());
  }

  function tick(): void {
    const current = model.value;
    if (current === undefined || document.hidden) return;
    const [nowMs, heardMs] = [daemon.nowMs(), daemon.heardMs()];
    const isLost = nowMs - heardMs > STALE_MS || failures > FAILURES;
    const silentMs = Math.min(nowMs - heardMs, monotonic() - followedAt);
    if (stream !== undefined && silentMs > STALE_MS) retryLater();
    model.value = isLost
      ? { ...current, nowMs, link: staleLink(heardMs, retryAt - monotonic()) }
      : { ...ticked(current, nowMs, heardMs), link: { state: 'live' } };
  }

  const isCut = () => stream === undefined || stream.signal.aborted;
  watchVisibility({ hide: () => stream?.abort(), show: () => void (isCut() && follow()) });
  every(1_000, tick);
  void follow();

  return {
    async show(next) {
      place = next;
      await load();
    },
    reconnect() {
      failures = 0;
      void follow();
    },
    refresh: load,
  };
}

function staleLink(sinceMs: number, retryInMs: number): Link {
  return { state: 'stale', sinceMs, retryInSeconds: Math.max(0, Math.ceil(retryInMs / 1_000)) };
}

/** The clock of the daemon as it goes on from its last answer: that of the browser may be wrong. */
function createDaemonClock() {
  let heardAt = monotonic();
  let heardMs = 0;
  const nowMs = () => heardMs + (monotonic() - heardAt);
  return {
    nowMs,
    /** When the last byte came. */
    heardMs: () => heardMs,
    hear() {
      [heardMs, heardAt] = [nowMs(), monotonic()];
    },
    set(ms: number) {
      [heardMs, heardAt] = [ms, monotonic()];
    },
  };
}

/** The mirror, when an event says that something else is held than before. */
function heldMirrorOf({ event, data }: StreamEvent): string | undefined {
  const { mirror } = data as { readonly mirror?: string };
  const isHeld = event === 'held' || (event === 'mirror' && Object.hasOwn(data as object, 'held'));
  return isHeld ? mirror : undefined;
}

function watchVisibility({ hide, show }: { hide: () => void; show: () => void }): void {
  let cancel = () => {};
  document.addEventListener('visibilitychange', () => {
    cancel();
    if (document.hidden) cancel = after(HIDDEN_MS, hide);
    else show();
  });
}
