import type { Call, ObjectRef } from '../call.js';
import type { HttpAnswer } from '../http/exchange.js';
import { readObject, textOf } from './json.js';

/** Where one upload at a time may go, and the token that is good for nothing else. */
export interface UploadUrl {
  readonly url: string;
  readonly token: string;
}

/** What is uploaded, and for whom addresses are kept. */
export interface UploadPlace extends ObjectRef {
  /** Of the bucket, or of the large file. */
  readonly id: string;
}

/** The address of one upload. */
export interface UploadAddress {
  current(): UploadUrl;
  /** Throws the address away and takes another one. */
  replace(call: Call): Promise<void>;
}

/**
 * Addresses of uploads, which are kept for the next ones: B2 takes one upload at a time at each, and a new one is a request. What
 * has failed, for whatever reason, is not used again.
 */
export interface UploadUrls {
  /** Runs an upload at an address that no other one uses meanwhile. */
  use<T>(place: UploadPlace, send: (address: UploadAddress) => Promise<T>, call: Call): Promise<T>;
  /** An address that no other upload uses, at once; undefined: none is idle. It is to be released, unless its upload fails. */
  takeIdle(id: string): UploadUrl | undefined;
  release(id: string, url: UploadUrl): void;
  /** Asks for so many addresses, which are idle then. */
  add(place: UploadPlace, count: number, call: Call): Promise<void>;
  /** To be called when nothing more is uploaded to a large file. */
  forget(id: string): void;
}

/** Large files and buckets whose addresses are kept. A process that sends parts for another one is not said when a file is finished. */
const MOST_PLACES = 64;

export function createUploadUrls(
  ask: (place: UploadPlace, call: Call) => Promise<HttpAnswer>,
): UploadUrls {
  const idle = new Map<string, UploadUrl[]>();

  async function obtain(place: UploadPlace, call: Call): Promise<UploadUrl> {
    const action = 'get an address for uploads';
    const document = readObject(action, await ask(place, call));
    const url = textOf(action, document, 'uploadUrl');
    return { url, token: textOf(action, document, 'authorizationToken') };
  }

  // The one that was used last is the least likely to have ended.
  const takeIdle = (id: string) => idle.get(id)?.pop();

  function release(id: string, url: UploadUrl): void {
    const kept = idle.get(id);
    if (kept !== undefined) kept.push(url);
    else {
      const [oldest] = idle.keys();
      if (idle.size >= MOST_PLACES && oldest !== undefined) idle.delete(oldest);
      idle.set(id, [url]);
    }
  }

  return {
    takeIdle,
    release,
    async add(place, count, call) {
      const asked = Array.from({ length: count }, () => obtain(place, call));
      for (const url of await Promise.all(asked)) release(place.id, url);
    },
    async use(place, send, call) {
      let url = takeIdle(place.id) ?? (await obtain(place, call));
      const sent = await send({
        current: () => url,
        replace: async (asked) => {
          url = await obtain(place, asked);
        },
      });
      release(place.id, url);
      return sent;
    },
    forget: (id) => void idle.delete(id),
  };
}
