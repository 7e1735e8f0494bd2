import type { Clock } from '../../clock.js';
import type { Backend } from '../backend.js';
import type { Capabilities } from '../capabilities.js';
import { FOLDER_TYPE } from '../content-type.js';
import type { HttpClient } from '../http/exchange.js';
import type { Notice } from '../notice.js';
import { batchDelete } from './batch-delete.js';
import { s3Cdn } from './cdn.js';
import { createS3Client } from './client.js';
import { conditionalWrites } from './conditional-write.js';
import { containerOperations } from './containers.js';
import type { S3Context } from './context.js';
import { s3Copy } from './copy.js';
import type { CredentialProvider } from './credentials/credentials.js';
import { addressing } from './endpoint.js';
import { S3 } from './errors.js';
import { etagMeaning } from './etag.js';
import { s3HeadObject } from './head-object.js';
import { s3Listing } from './listing.js';
import { s3Multipart } from './multipart.js';
import { keyProblem, MAX_KEY_BYTES, newContainerProblem } from './names.js';
import { objectHeaders } from './object-headers.js';
import { objectOperations } from './objects.js';
import type { Profile } from './profiles.js';
import { s3QuickGet } from './quick-get.js';
import { s3QuickPut } from './quick-put.js';
import { s3Read } from './read.js';
import type { S3Settings } from './settings.js';
import { streamedBodies } from './streamed-bodies.js';
import { s3Versions } from './versions.js';

const GIB = 2 ** 30;

export interface S3BackendOptions {
  readonly settings: S3Settings;
  readonly profile: Profile;
  readonly region: string;
  readonly credentials: CredentialProvider;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly notice: Notice;
}

/** One S3 account as a backend. It closes `http`. */
export function s3Backend({
  settings,
  profile,
  region,
  credentials,
  http,
  clock,
  notice,
}: S3BackendOptions): Backend {
  const client = createS3Client({
    http,
    clock,
    credentials,
    addressOf: addressing(settings, profile),
    region,
    manyRegions: profile.name === 'aws' && settings.host === undefined,
    requesterPays: settings.requester_pays,
    notice,
  });
  const encrypted = settings.encryption !== undefined && settings.encryption.type !== 's3';
  const headers = objectHeaders(settings, profile, clock);
  const context: S3Context = {
    client,
    profile,
    settings,
    clock,
    etags: etagMeaning(profile.etag, profile.partEtag, encrypted),
    headers,
    conditions: conditionalWrites({ client, profile, access: headers.access, notice }),
    streams: streamedBodies(profile, settings, notice),
  };
  const { listObjects, pagesAtOnce } = s3Listing(context);
  const head = s3HeadObject(context);
  const objects = objectOperations(context, head);
  const multipart = s3Multipart(context, objects);
  const read = s3Read(context);
  const comparable = profile.etag === 'md5' && !encrypted;
  const capabilities: Capabilities = {
    checksums: profile.checksums,
    preconditions: profile.preconditions,
    limits: {
      maxPutSize: Math.min(5 * GIB, profile.parts.max),
      maxObjectSize: profile.maxObjectSize,
      maxKeyBytes: MAX_KEY_BYTES,
      // docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
      metadata: { bytes: 2_048, lines: 1_000 },
    },
    names: { newContainerProblem, keyProblem },
    listingOrder: 'utf8',
    folderType: FOLDER_TYPE,
    listingHas: { checksums: comparable, metaData: false },
    pagesAtOnce,
    concurrency: profile.concurrency,
    copy: s3Copy(context, objects, multipart),
    batchPut: undefined,
    quickPut: s3QuickPut(context),
    quickGet: s3QuickGet(context),
    batchDelete: batchDelete(context, objects),
    multipart,
    cdn: s3Cdn(context),
    versions: s3Versions(context, head, read),
  };
  return {
    name: S3,
    hashType: comparable ? 'md5' : undefined,
    capabilities,
    ...containerOperations(context),
    listObjects,
    ...objects,
    readObject: (ref, range, call) => read(ref, range, call),
    close: () => http.close(),
  };
}
