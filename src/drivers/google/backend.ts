import type { Clock } from '../../clock.js';
import type { Backend } from '../backend.js';
import { FOLDER_TYPE } from '../content-type.js';
import type { HttpClient } from '../http/exchange.js';
import type { Notice } from '../notice.js';
import type { Credentials } from './auth/credentials.js';
import { createTokens, withoutTokens } from './auth/tokens.js';
import { batchDelete } from './batch-delete.js';
import { googleCdn } from './cdn.js';
import { createGoogleClient } from './client.js';
import { containerOperations } from './containers.js';
import type { GoogleContext } from './context.js';
import { googleCopy } from './copy.js';
import { GOOGLE } from './errors.js';
import { listObjects } from './listing.js';
import { xmlMultipart } from './multipart.js';
import { keyProblem, MAX_KEY_BYTES, newContainerProblem } from './names.js';
import { deleteObject, lookUpObject } from './objects.js';
import { googlePutObject } from './put-object.js';
import { googleQuickPut } from './quick-put.js';
import { readObject } from './read.js';
import { resumableUploads } from './resumable.js';
import type { GoogleSettings } from './settings.js';
import { googleVersions } from './versions.js';

/** Calls under way at once when the configuration does not say. */
const CONCURRENCY = 32;
/** https://cloud.google.com/storage/quotas#objects */
const MAX_OBJECT_SIZE = 5 * 2 ** 40;

export interface GoogleBackendOptions {
  readonly settings: GoogleSettings;
  readonly origin: string;
  /** Undefined: requests go without a token. */
  readonly credentials: Credentials | undefined;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly notice: Notice;
}

/** Google Cloud Storage as a backend. It closes `http`. */
export function googleBackend({
  settings,
  origin,
  credentials,
  http,
  clock,
  notice,
}: GoogleBackendOptions): Backend {
  const tokens = credentials === undefined ? withoutTokens() : createTokens(credentials, clock);
  const client = createGoogleClient({
    http,
    origin,
    tokens,
    userProject: settings.user_project,
    clock,
    notice,
  });
  const signer: GoogleContext['signer'] = async (call) => credentials?.signer(call);
  const context: GoogleContext = { client, settings, clock, notice, signer };
  const lookUp = lookUpObject(context);
  const read = readObject(context);
  const headObject: Backend['headObject'] = async (ref, call) => (await lookUp(ref, call)).info;
  return {
    name: GOOGLE,
    hashType: 'md5',
    capabilities: {
      checksums: ['md5', 'crc32c'],
      preconditions: ['ifAbsent', 'ifMatch'],
      limits: {
        maxPutSize: MAX_OBJECT_SIZE,
        maxObjectSize: MAX_OBJECT_SIZE,
        maxKeyBytes: MAX_KEY_BYTES,
        metadata: { bytes: 8_192, lines: 1_000 },
      },
      names: { newContainerProblem, keyProblem },
      listingOrder: 'utf8',
      folderType: FOLDER_TYPE,
      listingHas: { checksums: true, metaData: true },
      pagesAtOnce: () => CONCURRENCY,
      concurrency: CONCURRENCY,
      copy: googleCopy(context, lookUp, headObject),
      batchPut: undefined,
      quickPut: googleQuickPut(context),
      quickGet: undefined,
      batchDelete: batchDelete(context),
      multipart:
        settings.uploads === 'resumable'
          ? resumableUploads(context, lookUp)
          : xmlMultipart(context, lookUp),
      cdn: googleCdn(context),
      versions: googleVersions(context, lookUp, read),
    },
    ...containerOperations(context),
    listObjects: listObjects(context),
    headObject,
    putObject: googlePutObject(context, headObject),
    readObject: (ref, range, call) => read(ref, range, call),
    deleteObject: deleteObject(context),
    close: () => http.close(),
  };
}
