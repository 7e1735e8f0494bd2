import type { Backend } from '../backend.js';
import { FOLDER_TYPE } from '../content-type.js';
import { batchDelete } from './batch-delete.js';
import { azureCdn } from './cdn.js';
import { containerOperations } from './containers.js';
import type { AzureContext } from './context.js';
import { azureCopy } from './copy.js';
import { AZURE } from './errors.js';
import { listBlobs } from './listing.js';
import { azureMultipart, MAX_BLOCKS } from './multipart.js';
import { keyProblem, MAX_KEY_LENGTH, newContainerProblem } from './names.js';
import { objectOperations } from './objects.js';
import { azureQuickGet } from './quick-get.js';
import { azureQuickPut } from './quick-put.js';
import { azureRead } from './read.js';
import { azureVersions } from './versions.js';

const MIB = 2 ** 20;
/** Calls under way at once when the configuration does not say. */
const CONCURRENCY = 32;
/** https://learn.microsoft.com/azure/storage/blobs/scalability-targets: of Put Blob, and of a block. */
const MAX_PUT_SIZE = 5_000 * MIB;
const MAX_BLOCK_SIZE = 4_000 * MIB;

/** One storage account as a backend. `close` ends its connections. */
export function azureBackend(context: AzureContext, close: () => Promise<void>): Backend {
  const { settings } = context;
  const objects = objectOperations(context);
  const partSize = { min: settings.block_size, max: MAX_BLOCK_SIZE, maxParts: MAX_BLOCKS };
  const multipart = azureMultipart(context, objects, partSize);
  const read = azureRead(context);
  return {
    name: AZURE,
    hashType: 'md5',
    capabilities: {
      checksums: ['md5'],
      preconditions: ['ifAbsent', 'ifMatch'],
      limits: {
        maxPutSize: MAX_PUT_SIZE,
        maxObjectSize: MAX_BLOCK_SIZE * MAX_BLOCKS,
        maxKeyBytes: MAX_KEY_LENGTH,
        // learn.microsoft.com/rest/api/storageservices/setting-and-retrieving-properties-and-metadata-for-blob-resources
        // has 8 KiB; names that are no identifiers take more bytes than callers count.
        metadata: { bytes: 6_144, lines: 1_000 },
      },
      names: { newContainerProblem, keyProblem },
      // Documented as alphabetical only, which is no order of bytes; Azurite sorts by UTF-16.
      listingOrder: 'none',
      folderType: FOLDER_TYPE,
      listingHas: { checksums: true, metaData: true },
      pagesAtOnce: () => 1,
      concurrency: CONCURRENCY,
      copy: azureCopy(context, objects, multipart),
      batchPut: undefined,
      quickPut: azureQuickPut(context),
      quickGet: azureQuickGet(context),
      batchDelete: batchDelete(context, objects),
      multipart,
      cdn: azureCdn(context),
      versions: azureVersions(context, objects, read),
    },
    ...containerOperations(context),
    listObjects: listBlobs(context),
    headObject: (ref, call) => objects.headObject(ref, call),
    putObject: objects.putObject,
    deleteObject: objects.deleteObject,
    readObject: (ref, range, call) => read(ref, range, call),
    close,
  };
}
