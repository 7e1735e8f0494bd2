// Names that are not those of general purpose buckets: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html

/**
 * Why an ARN is no container, and what to write instead; undefined: the name is no ARN. Forms:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
 */
export function arnProblem(name: string): string | undefined {
  const match = /^arn:[^:]*:([^:]*):[^:]*:[^:]*:(.*)$/s.exec(name);
  if (match === null) return name.startsWith('arn:') ? 'it is no whole ARN' : undefined;
  const [, service = '', resource = ''] = match;
  if (service === 's3-object-lambda') return OBJECT_LAMBDA;
  if (service === 's3-outposts') return OUTPOSTS;
  if (service === 's3express') return DIRECTORY_BUCKET;
  if (service === 's3tables') return TABLE_BUCKET;
  if (service !== 's3') return `it is the ARN of another service (${service}), not of a bucket`;
  if (/^accesspoint[/:].*\.mrap$/s.test(resource)) return MULTI_REGION;
  if (/^accesspoint[/:]/.test(resource))
    return 'it is the ARN of an access point: write its alias, which ends with -s3alias (aws s3control get-access-point)';
  return /^[^/:]+$/.test(resource)
    ? `it is an ARN: write the bucket's name alone, ${resource}`
    : 'it is an ARN, not a bucket';
}

/**
 * Why longshore refuses a name that AWS reserves for something that is no general purpose bucket; undefined: it does not. The
 * alias of an access point (`-s3alias`) is a name like a bucket's.
 */
export function reservedNameProblem(name: string): string | undefined {
  const suffix = /(?:--[a-z]+-s3|\.mrap)$/.exec(name)?.[0];
  return suffix === undefined ? undefined : RESERVED.get(suffix);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-differences.html */
const DIRECTORY_BUCKET =
  'it is a directory bucket (S3 Express One Zone), whose listings have no order and whose ETags are no MD5s, and longshore relies on both; it is lost with its one zone: take a general purpose bucket';
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/transforming-objects.html */
const OBJECT_LAMBDA =
  'it is an Object Lambda access point, which gives other bytes than were stored: take the bucket, or the access point behind it';
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/S3onOutposts.html */
const OUTPOSTS =
  'it is on S3 on Outposts, which has endpoints and signatures of its own that longshore does not have: take a bucket of a region';
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRequests.html */
const MULTI_REGION =
  'it is a Multi-Region Access Point, which takes only signatures of version 4A, and where the next request may read another bucket: take one of its buckets';
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-buckets.html */
const TABLE_BUCKET = 'it is a table bucket, which holds no objects: take a general purpose bucket';

const RESERVED: ReadonlyMap<string, string> = new Map([
  ['--x-s3', DIRECTORY_BUCKET],
  ['--xa-s3', DIRECTORY_BUCKET],
  ['--ol-s3', OBJECT_LAMBDA],
  ['--op-s3', OUTPOSTS],
  ['--table-s3', TABLE_BUCKET],
  ['.mrap', MULTI_REGION],
]);
