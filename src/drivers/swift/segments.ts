import type { Call } from '../call.js';
import type { Part } from '../capabilities.js';
import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  UnsupportedOperationError,
} from '../errors.js';
import type { DeleteTogether } from './bulk-delete.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import { listedSize, readEntries } from './json.js';
import { type FindSegments, findSegments } from './made-of.js';
import { nextPage, pageQuery } from './paging.js';
import { type SegmentNames, segmentNames } from './segment-names.js';

/** The segments of large objects, which we keep in a container of their own. */
export interface Segments extends SegmentNames {
  /** Creates the segments' container, if it does not exist. */
  createContainerOf(container: string, call: Call): Promise<void>;
  /** Removes the segments' container, only when it is named after this container and empty. */
  removeContainerOf(container: string, call: Call): Promise<void>;
  /** The segments of an upload, in ascending order. */
  list(container: string, uploadId: string, call: Call): Promise<readonly Part[]>;
  remove(container: string, uploadId: string, call: Call): Promise<void>;
  readonly madeOf: FindSegments;
  /**
   * False when no object of the container is known to be made of segments: there are none of ours, and this client has
   * seen no large object. Remembered for a minute, or until `begin`.
   */
  mayExist(container: string, call: Call): Promise<boolean>;
  /** Announces segments. Throws UnsupportedOperationError where their container is that of the objects. */
  begin(container: string): void;
}

const REMEMBERED_MS = 60_000;

export function segmentStore(context: SwiftContext, deleteTogether: DeleteTogether): Segments {
  const { client, settings } = context;
  const names = segmentNames(settings);
  const list = segmentListing(context, names);
  const presence = segmentPresence(context, names, list.page);

  return {
    ...names,
    list: list.all,
    madeOf: findSegments(client, names),
    mayExist: presence.mayExist,

    async createContainerOf(container, call) {
      const policy = settings.storage_policy;
      const about = {
        action: 'create the container',
        container: names.containerOf(container),
        headers: policy === undefined ? {} : { 'x-storage-policy': policy },
        accept: 409,
      };
      await client.request({ method: 'PUT', operation: 'putContainer', ...about }, call);
    },

    async removeContainerOf(container, call) {
      presence.forget(container);
      const name = names.containerOf(container);
      if (!settings.segments_container.includes('{container}') || name === container) return;
      const about = { action: 'delete the container', container: name, accept: 409 };
      try {
        await client.request({ method: 'DELETE', operation: 'deleteContainer', ...about }, call);
      } catch (error) {
        if (!(error instanceof ContainerDoesNotExistError)) throw error;
      }
    },

    async remove(container, uploadId, call) {
      const parts = await list.all(container, uploadId, call);
      const keys = parts.map(({ number }) => names.keyOf(container, uploadId, number));
      const failures = await deleteTogether(names.containerOf(container), keys, call);
      for (const failure of failures.values()) throw failure;
    },

    begin(container) {
      if (names.containerOf(container) === container) {
        const problem = `segments cannot be in "${container}" itself, where they would be listed: change segments_container`;
        throw new UnsupportedOperationError(problem, { driver: SWIFT });
      }
      presence.add(container);
    },
  };
}

type SegmentListing = ReturnType<typeof segmentListing>;

function segmentListing({ client }: SwiftContext, names: SegmentNames) {
  const action = 'list the segments';

  async function page(
    container: string,
    prefix: string,
    after: string | undefined,
    size: number | undefined,
    call: Call,
  ) {
    const about = {
      action,
      container: names.containerOf(container),
      query: pageQuery(prefix, after, size),
    };
    const list = { method: 'GET', operation: 'getContainer', ...about } as const;
    const { body } = await client.request(list, call);
    return readEntries(action, body);
  }

  async function all(container: string, uploadId: string, call: Call): Promise<readonly Part[]> {
    const prefix = names.prefixOf(container, uploadId);
    const parts: Part[] = [];
    let after: string | undefined;
    do {
      const entries = await page(container, prefix, after, undefined, call);
      for (const entry of entries) {
        const number = /^\d{5}$/.exec(entry.name.slice(prefix.length))?.[0];
        const receipt = typeof entry['hash'] === 'string' ? entry['hash'] : '';
        if (number === undefined) continue;
        const size = listedSize(action, entry);
        parts.push({ number: Number(number), size, receipt, md5: receipt });
      }
      const listed = entries.map(({ name }) => name);
      after = nextPage(action, listed, after);
    } while (after !== undefined);
    return parts;
  }

  return { page, all };
}

/** Which containers have segments of ours, or other large objects, as far as this client knows. */
function segmentPresence(
  { clock, withLarge }: SwiftContext,
  names: SegmentNames,
  page: SegmentListing['page'],
) {
  const some = new Set<string>();
  /** Until when a container is taken to have none. */
  const noneUntil = new Map<string, number>();
  return {
    add: (container: string) => void some.add(container),
    forget: (container: string) => void some.delete(container),
    async mayExist(container: string, call: Call): Promise<boolean> {
      if (some.has(container) || withLarge.has(container)) return true;
      if ((noneUntil.get(container) ?? 0) > clock.monotonic()) return false;
      try {
        const entries = await page(container, names.prefixOf(container), undefined, 1, call);
        if (entries.length > 0) {
          some.add(container);
          return true;
        }
      } catch (error) {
        // A user with rights to one container only gets "access denied" for a container that does not exist.
        const isDenied = error instanceof ContainerAccessDeniedError;
        if (!(isDenied || error instanceof ContainerDoesNotExistError)) throw error;
      }
      noneUntil.set(container, clock.monotonic() + REMEMBERED_MS);
      return false;
    },
  };
}
