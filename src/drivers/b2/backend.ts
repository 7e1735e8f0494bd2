import type { Clock } from '../../clock.js';
import type { Backend } from '../backend.js';
import type { HttpClient } from '../http/exchange.js';
import type { Notice } from '../notice.js';
import { createBuckets } from './buckets.js';
import { b2Cdn } from './cdn.js';
import { type B2Keys, createB2Client } from './client.js';
import { containerOperations } from './containers.js';
import type { B2Context } from './context.js';
import { b2Copy } from './copy.js';
import { B2 } from './errors.js';
import { METADATA_LIMITS } from './file-info.js';
import { lifecycleNotices } from './lifecycle.js';
import { listObjects } from './listing.js';
import { b2Multipart } from './multipart.js';
import { keyProblem, MAX_KEY_BYTES, newContainerProblem } from './names.js';
import { objectOperations } from './objects.js';
import { b2QuickGet } from './quick-get.js';
import { b2QuickPut } from './quick-put.js';
import { readContent } from './read.js';
import type { B2Settings } from './settings.js';
import { createUploadUrls } from './upload-urls.js';
import { b2Versions } from './versions.js';

/** Calls under way at once when the configuration does not say: each upload has a storage pod of its own. */
const CONCURRENCY = 24;

export interface B2BackendOptions {
  readonly settings: B2Settings;
  readonly keys: B2Keys;
  readonly origin: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly notice: Notice;
}

/** One account of Backblaze B2 as a backend. It closes `http`. */
export function b2Backend(options: B2BackendOptions): Backend {
  const context = createContext(options);
  const objects = objectOperations(context);
  const read = readContent(context);
  const multipart = b2Multipart(context, objects);
  return {
    name: B2,
    // B2 compares SHA-1s, and reports the MD5 of what it has stored as well, by which records are kept.
    hashType: 'md5',
    capabilities: {
      checksums: ['sha1'],
      preconditions: [],
      limits: {
        maxPutSize: 5_000_000_000,
        maxObjectSize: 10_000_000_000_000,
        maxKeyBytes: MAX_KEY_BYTES,
        metadata: METADATA_LIMITS,
      },
      names: { newContainerProblem, keyProblem },
      listingOrder: 'utf8',
      folderType: 'application/x-directory',
      listingHas: { checksums: true, metaData: true },
      pagesAtOnce: () => CONCURRENCY,
      concurrency: CONCURRENCY,
      copy: b2Copy(context, objects, multipart),
      batchPut: undefined,
      quickPut: b2QuickPut(context),
      quickGet: b2QuickGet(context),
      batchDelete: undefined,
      multipart,
      cdn: b2Cdn(context),
      versions: b2Versions(context, read),
    },
    ...containerOperations(context),
    listObjects: listObjects(context),
    ...objects,
    readObject: (ref, range, call) => read(ref, range, call),
    close: () => options.http.close(),
  };
}

function createContext({
  settings,
  keys,
  origin,
  http,
  clock,
  notice,
}: B2BackendOptions): B2Context {
  const client = createB2Client({
    http,
    clock,
    keys,
    origin,
    testMode: settings.test_mode,
    notice,
  });
  const method = 'POST';
  const action = 'get an address for uploads of';
  return {
    client,
    settings,
    clock,
    buckets: createBuckets(client, lifecycleNotices(notice)),
    fileUrls: createUploadUrls(({ id, container, key }, call) => {
      const operation = 'b2_get_upload_url';
      const parameters = { bucketId: id };
      return client.request({ method, operation, action, container, key, parameters }, call);
    }),
    partUrls: createUploadUrls(({ id, container, key }, call) => {
      const operation = 'b2_get_upload_part_url';
      const parameters = { fileId: id };
      return client.request({ method, operation, action, container, key, parameters }, call);
    }),
  };
}
