import type { Call, ObjectRef } from '../call.js';
import { ContainerDoesNotExistError, ObjectDoesNotExistError } from '../errors.js';
import type { SwiftContext } from './context.js';
import { listedTime, readEntries } from './json.js';
import { nextPage, pageQuery } from './paging.js';
import type { Segments } from './segments.js';

/** What an upload's object is to be, and an object that is about to lose its segments. */
export interface UploadNote {
  readonly key: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly metaData?: Readonly<Record<string, string>>;
}

/** `open`: under way. `dead`: its segments are to be removed, unless the object turns out to be made of them. */
export type MarkState = 'open' | 'dead';

/**
 * Small objects beside the segments, named `longshore/marks/CONTAINER/UPLOAD/STATE`. As long as one is there,
 * segments that a crash leaves behind can be found.
 */
export interface UploadMarks {
  /** Rejects with ContainerDoesNotExistError when the container of the segments is missing. */
  write(
    state: MarkState,
    container: string,
    uploadId: string,
    note: UploadNote,
    call: Call,
  ): Promise<void>;
  /** Undefined when there is none. */
  read(
    state: MarkState,
    container: string,
    uploadId: string,
    call: Call,
  ): Promise<UploadNote | undefined>;
  remove(state: MarkState, container: string, uploadId: string, call: Call): Promise<void>;
  /** Of a container's uploads, each once. */
  list(container: string, call: Call): Promise<readonly ListedMark[]>;
}

export interface ListedMark {
  readonly uploadId: string;
  readonly state: MarkState;
  /** Milliseconds since the epoch, by the provider's clock. */
  readonly madeAtMs: number | undefined;
}

export function uploadMarks(
  { client }: SwiftContext,
  segments: Pick<Segments, 'containerOf'>,
): UploadMarks {
  const folderOf = (container: string) => `longshore/marks/${container}/`;
  const markRef = (state: MarkState, container: string, uploadId: string): ObjectRef => ({
    container: segments.containerOf(container),
    key: `${folderOf(container)}${uploadId}/${state}`,
  });

  return {
    async write(state, container, uploadId, note, call) {
      await client.request(
        {
          method: 'PUT',
          operation: 'putObject',
          action: 'put the mark of an upload',
          ...markRef(state, container, uploadId),
          needsContainer: true,
          headers: { 'content-type': 'application/json' },
          body: Buffer.from(JSON.stringify(note)),
        },
        call,
      );
    },

    async read(state, container, uploadId, call) {
      try {
        const { body } = await client.request(
          {
            method: 'GET',
            operation: 'getObject',
            action: 'read the mark of an upload',
            ...markRef(state, container, uploadId),
          },
          call,
        );
        return JSON.parse(body.toString('utf8')) as UploadNote;
      } catch (error) {
        if (error instanceof ObjectDoesNotExistError) return undefined;
        throw error;
      }
    },

    async remove(state, container, uploadId, call) {
      await client.request(
        {
          method: 'DELETE',
          operation: 'deleteObject',
          action: 'delete the mark of an upload',
          ...markRef(state, container, uploadId),
          accept: 404,
        },
        call,
      );
    },

    async list(container, call) {
      const found = new Map<string, ListedMark>();
      const prefix = folderOf(container);
      const action = 'list the uploads';
      let after: string | undefined;
      try {
        do {
          const query = pageQuery(prefix, after, undefined);
          const { body } = await client.request(
            {
              method: 'GET',
              operation: 'getContainer',
              action,
              container: segments.containerOf(container),
              query,
            },
            call,
          );
          const entries = readEntries(action, body);
          for (const { name, last_modified: modified } of entries) {
            const [uploadId = '', state] = name.slice(prefix.length).split('/');
            if (state === 'open' || state === 'dead')
              found.set(uploadId, { uploadId, state, madeAtMs: listedTime(modified) });
          }
          after = nextPage(
            action,
            entries.map(({ name }) => name),
            after,
          );
        } while (after !== undefined);
      } catch (error) {
        if (!(error instanceof ContainerDoesNotExistError)) throw error;
      }
      return [...found.values()];
    },
  };
}
