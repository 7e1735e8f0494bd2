import type { Call } from '../call.js';
import type { Begun, Passage } from '../passage.js';
import type { UploadPlace, UploadUrl, UploadUrls } from './upload-urls.js';

/** An upload that may begin, and where it goes. */
export interface AddressedUpload {
  readonly url: UploadUrl;
  readonly outer: Begun;
}

/** Addresses that are asked for at once. */
const MOST_AT_ONCE = 8;

/**
 * A passage that lets an upload begin when the outer one does and an address is idle, which it brings along. Where none is, as many
 * more are asked for as there are uploads under way. The address of an upload that failed is not used again.
 */
export function uploadPassage(urls: UploadUrls, place: UploadPlace, outer: Passage): Passage {
  let underWay = 0;

  function begin(url: UploadUrl, entered: Begun): AddressedUpload {
    underWay += 1;
    return { url, outer: entered };
  }

  async function whenAddressed(entered: Begun, call: Call): Promise<AddressedUpload> {
    try {
      for (;;) {
        const url = urls.takeIdle(place.id);
        if (url !== undefined) return begin(url, entered);
        await urls.add(place, Math.min(underWay + 1, MOST_AT_ONCE), call);
      }
    } catch (error) {
      outer.leave(entered, error);
      throw error;
    }
  }

  return {
    enter(bytes, alone, call) {
      const entry = outer.enter(bytes, alone, call);
      if (entry === 'full') return entry;
      if (entry instanceof Promise)
        return entry.then<Begun | 'full'>((entered) =>
          entered === 'full' ? entered : whenAddressed(entered, call),
        );
      const url = urls.takeIdle(place.id);
      return url === undefined ? whenAddressed(entry, call) : begin(url, entry);
    },
    leave(begun, error) {
      const upload = begun as AddressedUpload;
      underWay -= 1;
      if (error === undefined) urls.release(place.id, upload.url);
      outer.leave(upload.outer, error);
    },
  };
}
