import type { Answer } from '../http-service.js';
import { ACCOUNT, checkRights, json } from './account.js';
import type { FakeRules } from './server.js';
import { type Bucket, Refusal } from './store.js';

type Parameters = Readonly<Record<string, unknown>>;

const described = ({ id, name, type, lifecycleRules }: Bucket) => ({
  accountId: ACCOUNT,
  bucketId: id,
  bucketName: name,
  bucketType: type,
  bucketInfo: {},
  corsRules: [],
  lifecycleRules,
  options: [],
  revision: 2,
});

export function listBuckets({ bucketName, bucketId }: Parameters, rules: FakeRules): Answer {
  const found = [...rules.store.buckets.values()].filter(
    ({ name, id }) =>
      (bucketName === undefined || name === bucketName) &&
      (bucketId === undefined || id === bucketId),
  );
  if (rules.limits.buckets !== undefined) {
    const asked = found[0]?.name ?? (typeof bucketName === 'string' ? bucketName : undefined);
    checkRights(rules, {
      bucket: bucketName === undefined && bucketId === undefined ? undefined : asked,
    });
  }
  return json({ buckets: found.map(described) });
}

export function createBucket({ bucketName, bucketType }: Parameters, rules: FakeRules): Answer {
  const name = String(bucketName);
  if (!/^(?!b2-)[a-z0-9-]{6,63}$/i.test(name)) throw new Refusal(400, 'bad_request');
  checkRights(rules, { capability: 'writeBuckets' });
  const { buckets } = rules.store;
  if ([...buckets.keys()].some((each) => each.toLowerCase() === name.toLowerCase()))
    throw new Refusal(400, 'duplicate_bucket_name');
  rules.bucketsMade += 1;
  const id = `b${String(rules.bucketsMade).padStart(23, '0')}`;
  const bucket = { id, name, type: String(bucketType), lifecycleRules: [], files: [] };
  buckets.set(name, bucket);
  return json(described(bucket));
}

export function deleteBucket({ bucketId }: Parameters, rules: FakeRules): Answer {
  const bucket = rules.store.bucket(bucketId);
  if (bucket.files.length > 0) throw new Refusal(400, 'cannot_delete_non_empty_bucket');
  rules.store.buckets.delete(bucket.name);
  return json(described(bucket));
}
