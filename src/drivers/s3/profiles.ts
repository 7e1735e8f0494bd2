import type { ChecksumAlgorithm } from '../call.js';
import type { Multipart } from '../capabilities.js';
import type { EtagForm } from './etag.js';

/** Settings that only some providers honour; where one would be ignored, it is refused. */
export type Feature =
  | 'storage-class'
  | 'sse-s3'
  | 'sse-kms'
  | 'sse-c'
  | 'acl'
  | 'object-lock'
  | 'tags'
  | 'versions'
  | 'requester-pays';

/** How one provider's S3 differs from the others'. */
export interface Profile {
  readonly name: string;
  /** The service's host in a region; undefined: the settings must name a host. */
  readonly host: ((region: string) => string) | undefined;
  /** Undefined: the settings must name a region. */
  readonly region: string | undefined;
  /** `virtual`: the container's name is part of the host name. */
  readonly addressing: 'virtual' | 'path';
  readonly listing: 'v2' | 'v1';
  /** Whether the ETag of an object that was put whole (and not encrypted with a customer's key) is its MD5. */
  readonly etag: 'md5' | 'opaque';
  /** The same for one part of a multipart upload. */
  readonly partEtag: 'md5' | 'opaque';
  /** Whether the ETag of an object made of parts is known to be the MD5 of their MD5s. */
  readonly compositeEtag: boolean;
  /** What the provider compares before it accepts a put. */
  readonly checksums: readonly ChecksumAlgorithm[];
  /**
   * What a stream can carry whose digest is not known before it is sent, so that the provider refuses it if it changed on its
   * way: a checksum behind the content, or signatures in it.
   */
  readonly streams: 'trailer' | 'signatures' | 'nothing';
  readonly preconditions: readonly ('ifAbsent' | 'ifMatch')[];
  /** The form in which the condition on a put names an ETag. When it is refused, the other form is tried. */
  readonly ifMatch: EtagForm;
  /** Keys in one batch delete; undefined: there is none. */
  readonly batchDelete: number | undefined;
  readonly parts: Multipart['partSize'];
  readonly maxObjectSize: number;
  /** Up to `whole` bytes are copied by one request, more in parts of at least `part`; `part` undefined: they cannot be. */
  readonly copy: { readonly whole: number; readonly part: number | undefined };
  /**
   * Whether a part that comes after the completion, or for an upload that was aborted, is known to be refused with NoSuchUpload
   * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html). Swift's S3 stores it, over the one that the object is
   * made of.
   */
  readonly refusesLateParts: boolean;
  /** Which objects a copy can be bound to by their ETag: any, or only those that were put whole. */
  readonly copyIfMatch: 'any' | 'whole';
  /** Whether such a condition is known to hold of the very version that is copied, and not only of one looked at before. */
  readonly bindsCopies: boolean;
  /** Whether creating a container that one has already is answered as if it had been created. */
  readonly createsTwice: boolean;
  /** Whether the body of the request names a new container's region. */
  readonly locationConstraint: boolean;
  readonly concurrency: number;
  readonly features: readonly Feature[];
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const TIB = 2 ** 40;

/** The common ground of most implementations. Also what an unknown one is taken for. */
const generic: Profile = {
  name: 'generic',
  host: undefined,
  region: 'us-east-1',
  addressing: 'path',
  listing: 'v2',
  etag: 'md5',
  partEtag: 'md5',
  compositeEtag: false,
  checksums: ['md5'],
  streams: 'nothing',
  preconditions: [],
  ifMatch: 'quoted',
  batchDelete: 1000,
  parts: { min: 5 * MIB, max: 5 * GIB, maxParts: 10_000 },
  maxObjectSize: 5 * TIB,
  copy: { whole: 5 * GIB, part: GIB },
  refusesLateParts: false,
  copyIfMatch: 'any',
  bindsCopies: false,
  createsTwice: true,
  locationConstraint: false,
  concurrency: 32,
  features: [
    'storage-class',
    'sse-s3',
    'sse-kms',
    'sse-c',
    'acl',
    'object-lock',
    'tags',
    'versions',
    'requester-pays',
  ],
};

function profile(name: string, differences: Partial<Profile>): Profile {
  return { ...generic, compositeEtag: true, name, ...differences };
}

// Sources: each provider's own list of S3 compatibility; where two disagree, the more careful one.
export const profiles = [
  profile('aws', {
    host: (region) => `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`,
    addressing: 'virtual',
    checksums: ['sha256', 'crc32c', 'sha1', 'md5'],
    streams: 'trailer',
    preconditions: ['ifAbsent', 'ifMatch'],
    refusesLateParts: true,
    bindsCopies: true,
    maxObjectSize: 10_000 * 5 * GIB,
    locationConstraint: true,
    concurrency: 64,
  }),
  // Trailers since RELEASE.2023-02-09 (https://github.com/minio/minio/pull/16484).
  profile('minio', {
    checksums: ['sha256', 'crc32c', 'sha1', 'md5'],
    streams: 'trailer',
    preconditions: ['ifAbsent', 'ifMatch'],
    refusesLateParts: true,
    bindsCopies: true,
    createsTwice: false,
    features: ['storage-class', 'sse-s3', 'sse-kms', 'sse-c', 'object-lock', 'tags', 'versions'],
  }),
  // Releases from before 2023 take no notice of a condition on a copy's source (https://github.com/ceph/ceph/pull/50519). That of
  // a put is compared byte for byte with the ETag without quotes (RGWRados::Object::Write in rgw_rados.cc).
  // Trailers came with release 19; signatures of chunks are older than any release in use (rgw_auth_s3.cc).
  profile('ceph', {
    streams: 'signatures',
    preconditions: ['ifAbsent', 'ifMatch'],
    ifMatch: 'bare',
    refusesLateParts: true,
  }),
  // Parts of one object must be of one size, their ETags are no MD5, and more than a few of them at once are refused.
  profile('r2', {
    region: 'auto',
    partEtag: 'opaque',
    compositeEtag: false,
    preconditions: ['ifAbsent', 'ifMatch'],
    createsTwice: false,
    maxObjectSize: 5 * TIB - 5 * GIB,
    parts: { min: 5 * MIB, max: 5 * GIB - 5 * MIB, maxParts: 10_000 },
    features: ['storage-class', 'sse-c'],
  }),
  // It is not documented what the ETag of a multipart object is there: with a wrong expectation, none could be sent.
  profile('b2', {
    host: (region) => `s3.${region}.backblazeb2.com`,
    region: undefined,
    compositeEtag: false,
    createsTwice: false,
    maxObjectSize: 10 * 10 ** 12,
    parts: { min: 5 * MIB, max: 5 * 10 ** 9, maxParts: 10_000 },
    features: ['sse-s3', 'sse-c', 'object-lock', 'versions'],
  }),
  profile('wasabi', {
    host: (region) => (region === 'us-east-1' ? 's3.wasabisys.com' : `s3.${region}.wasabisys.com`),
    locationConstraint: true,
    features: ['acl', 'object-lock', 'tags', 'versions', 'sse-s3', 'sse-c'],
  }),
  profile('digitalocean', {
    host: (region) => `${region}.digitaloceanspaces.com`,
    region: undefined,
    addressing: 'virtual',
    createsTwice: false,
    features: ['acl', 'sse-c', 'versions', 'storage-class'],
  }),
  profile('scaleway', {
    host: (region) => `s3.${region}.scw.cloud`,
    region: 'fr-par',
    parts: { min: 5 * MIB, max: 5 * GIB, maxParts: 1000 },
    maxObjectSize: 1000 * 5 * GIB,
    locationConstraint: true,
    features: ['storage-class', 'sse-c', 'acl', 'object-lock', 'tags', 'versions'],
  }),
  profile('ovh', {
    host: (region) => `s3.${region}.io.cloud.ovh.net`,
    region: 'gra',
    locationConstraint: true,
    features: ['storage-class', 'sse-s3', 'sse-c', 'acl', 'object-lock', 'tags', 'versions'],
  }),
  profile('linode', {
    host: (region) => `${region}.linodeobjects.com`,
    region: undefined,
    features: ['acl', 'sse-c', 'versions', 'tags'],
  }),
  // The XML API with HMAC keys. Conditions are generations there, not ETags; parts cannot be copied.
  profile('gcs-interop', {
    host: () => 'storage.googleapis.com',
    region: 'auto',
    compositeEtag: false,
    copy: { whole: 5 * TIB, part: undefined },
    createsTwice: false,
    features: ['storage-class', 'acl'],
  }),
  // A condition on an object made of parts is compared with another ETag than the one that is reported, and always fails;
  // on any other, it is compared by a separate HEAD, before the copy (check_copy_source in swift's s3api/s3request.py).
  profile('swift-s3api', {
    copyIfMatch: 'whole',
    parts: { min: 5 * MIB, max: 5 * GIB, maxParts: 1000 },
    maxObjectSize: 1000 * 5 * GIB,
    concurrency: 16,
    features: ['versions'],
  }),
  generic,
] as const satisfies readonly Profile[];

export const profileNames = profiles.map(({ name }) => name);

/** An unknown name is a fault of the caller: settings were checked before. */
export function findProfile(name: string): Profile {
  const found = profiles.find((each) => each.name === name);
  if (found === undefined)
    throw new TypeError(`unknown S3 profile "${name}"; known: ${profileNames.join(', ')}`);
  return found;
}
