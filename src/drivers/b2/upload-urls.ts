import type { Call, ObjectRef } from '../call.js';
import type { HttpAnswer } from '../http/exchange.js';
import { readObject, textOf } from './json.js';

/** Where one upload at a time may go, and the token that is good for nothing else. */
interface UploadUrl {
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
  /** To be called when nothing more is uploaded to a large file. */
  forget(id: string): void;
}

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

  return {
    async use(place, send, call) {
      // The one that was used last is the least likely to have ended.
      let url = idle.get(place.id)?.pop() ?? (await obtain(place, call));
      const sent = await send({
        current: () => url,
        replace: async (asked) => {
          url = await obtain(place, asked);
        },
      });
      const kept = idle.get(place.id) ?? [];
      kept.push(url);
      idle.set(place.id, kept);
      return sent;
    },
    forget: (id) => void idle.delete(id),
  };
}
