import type { Clock } from '../../clock.js';
import type { Backend } from '../backend.js';
import type { HttpClient } from '../http/exchange.js';
import type { Notice } from '../notice.js';
import type { Authenticate } from './auth/session.js';
import { createSessions } from './auth/sessions.js';
import { batchDelete } from './batch-delete.js';
import { bulkDelete } from './bulk-delete.js';
import { swiftCdn } from './cdn.js';
import { createSwiftClient } from './client.js';
import { containerOperations } from './containers.js';
import type { SwiftContext } from './context.js';
import { swiftCopy } from './copy.js';
import { SWIFT } from './errors.js';
import { largeObjects } from './large-objects.js';
import { listObjects } from './listing.js';
import { MAX_SEGMENTS, swiftMultipart } from './multipart.js';
import { keyProblem, MAX_KEY_BYTES, newContainerProblem } from './names.js';
import { objectOperations } from './objects.js';
import { swiftQuickGet } from './quick-get.js';
import { swiftQuickPut } from './quick-put.js';
import { readObject } from './read.js';
import { segmentStore } from './segments.js';
import type { SwiftSettings } from './settings.js';
import { uploadMarks } from './upload-marks.js';

/** Calls under way at once when the configuration does not say. */
const CONCURRENCY = 32;

export interface SwiftBackendOptions {
  readonly settings: SwiftSettings;
  readonly authenticate: Authenticate;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly notice: Notice;
}

/** One Swift account as a backend. It closes `http`. */
export function swiftBackend({
  settings,
  authenticate,
  http,
  clock,
  notice,
}: SwiftBackendOptions): Backend {
  const client = createSwiftClient({
    http,
    sessions: createSessions(authenticate, clock),
    clock,
    notice,
  });
  const context: SwiftContext = { client, settings, clock, notice, withLarge: new Set() };
  const deleteTogether = bulkDelete(context);
  const segments = segmentStore(context, deleteTogether);
  const marks = uploadMarks(context, segments);
  const large = largeObjects(segments, marks, notice);
  const objects = objectOperations(context, large);
  const parts = { segments, marks, large };
  const multipart = swiftMultipart(context, parts, objects);
  return {
    name: SWIFT,
    hashType: 'md5',
    capabilities: {
      checksums: ['md5'],
      preconditions: [],
      limits: {
        maxPutSize: settings.max_put_size,
        maxObjectSize: settings.max_put_size * MAX_SEGMENTS,
        maxKeyBytes: MAX_KEY_BYTES,
        // swift/common/constraints.py: max_meta_overall_size, max_meta_count
        metadata: { bytes: 4_096, lines: 90 },
      },
      names: { newContainerProblem, keyProblem },
      // SQLite compares names as UTF-8 bytes (swift/container/backend.py).
      listingOrder: 'utf8',
      folderType: 'application/directory', // docs.openstack.org/swift, "Pseudo-hierarchical folders and directories"
      listingHas: { checksums: true, metaData: false, largeSizes: false },
      pagesAtOnce: () => CONCURRENCY,
      concurrency: CONCURRENCY,
      copy: swiftCopy(context, parts, multipart, objects),
      batchPut: undefined,
      quickPut: swiftQuickPut(context, segments),
      quickGet: swiftQuickGet(context),
      batchDelete: batchDelete(deleteTogether, segments, objects),
      multipart,
      cdn: swiftCdn(context),
      versions: undefined,
    },
    ...containerOperations(context, segments),
    listObjects: listObjects(context),
    ...objects,
    readObject: readObject(context),
    close: () => http.close(),
  };
}
