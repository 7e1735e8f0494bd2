import type { Checksum, ChecksumAlgorithm } from '../call.js';
import { checksumOf, findChecksum } from '../digest.js';
import { batchPuts } from './batch-put-trial.js';
import type { CapabilityTrial } from './capability-trial.js';
import { conditions, replacements } from './condition-trials.js';
import { boundCopies, copies } from './copy-trials.js';
import { multipartUploads } from './multipart-trial.js';
import { refusesOtherBytes } from './refuses-other-bytes.js';

const digests: CapabilityTrial = {
  id: 'digests',
  title: "the provider reports the digest of an object's content",
  meaning:
    'The digests that the provider reports are not those of the content (encryption?), so objects cannot be compared with files. Set etag: opaque.',
  withoutIt: 'A reconcile compares sizes, and reads objects again where sizes are not enough.',
  claimed: (_, hashType) => hashType !== undefined,
  async run(ground) {
    const { backend, container, prefix, call } = ground;
    const algorithm = backend.hashType as ChecksumAlgorithm;
    const expected = checksumOf(algorithm, Buffer.from('content')).hex;
    const put = await ground.put('digest', 'content');
    const head = await backend.headObject(ground.ref('digest'), call);
    const { items } = await backend.listObjects(container, `${prefix}digest`, {}, call);
    const report: Record<string, readonly Checksum[] | undefined> = {
      'a put': put.checksums,
      'a HEAD of the object': head.checksums,
    };
    if (backend.capabilities.listingHas.checksums) report['the listing'] = items[0]?.checksums;
    return {
      problems: Object.entries(report).flatMap(([what, checksums]) => {
        const hex = findChecksum(checksums ?? [], algorithm)?.hex;
        if (hex === expected) return [];
        return [
          hex === undefined
            ? `${what} reports no ${algorithm}`
            : `${what} reports a ${algorithm} of other content`,
        ];
      }),
      notes: [
        backend.capabilities.listingHas.checksums
          ? `${algorithm}, in listings too`
          : `${algorithm}, not in listings`,
      ],
    };
  },
};

const metadata: CapabilityTrial = {
  id: 'metadata',
  title: 'modification times and modes are kept with the object',
  meaning: 'Restored files get the time of the restore, and rclone shows the time of the upload.',
  withoutIt: '',
  claimed: () => true,
  async run(ground) {
    const given = { mtime: '1700000000.123456789', mode: '100644' };
    await ground.put('dated', 'content', { metaData: given, contentType: 'text/plain' });
    const { metaData, extra } = await ground.backend.headObject(ground.ref('dated'), ground.call);
    const problems = Object.entries(given).flatMap(([name, value]) => {
      const kept = metaData[name];
      return kept === value
        ? []
        : [`${name} "${value}" came back ${kept === undefined ? 'not at all' : `as "${kept}"`}`];
    });
    if (extra['contentType'] !== 'text/plain')
      problems.push(`content type text/plain came back as ${JSON.stringify(extra['contentType'])}`);
    return { problems };
  },
};

const batches: CapabilityTrial = {
  id: 'batch delete',
  title: 'many objects are deleted by one request',
  meaning:
    'Deletes may be lost, or hit other objects. Do not use deletes: mirror with this target.',
  withoutIt: 'Each delete takes a request.',
  claimed: ({ batchDelete }) => batchDelete !== undefined,
  async run(ground) {
    const { batchDelete } = ground.backend.capabilities;
    if (batchDelete === undefined) return { problems: [] };
    const gone = ['a b', 'a&b', 'é'];
    for (const name of [...gone, 'kept']) await ground.put(name, name);
    const keys = [...gone, 'never was'].map((name) => ground.ref(name).key);
    const failures = await batchDelete.deleteObjects(ground.container, keys, ground.call);
    const problems = [...failures].map(
      ([key, error]) => `"${key.slice(ground.prefix.length)}" was not deleted: ${error.message}`,
    );
    const left = await ground.names();
    if (left.join() !== 'kept')
      problems.push(
        `afterwards there was ${left.length === 0 ? 'nothing' : left.join(', ')} instead of kept`,
      );
    return { problems, notes: [`up to ${batchDelete.maxKeys.toLocaleString('en')} at once`] };
  },
};

/** In the order in which they are shown. */
export const capabilityTrials: readonly CapabilityTrial[] = [
  refusesOtherBytes,
  digests,
  metadata,
  conditions,
  replacements,
  copies,
  boundCopies,
  batchPuts,
  batches,
  multipartUploads,
];
