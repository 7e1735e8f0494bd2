import { createHash } from 'node:crypto';
import { bytesBody } from '../body.js';
import type { Checksum, ChecksumAlgorithm, Precondition } from '../call.js';
import type { Copy } from '../capabilities.js';
import { checksumOf, findChecksum } from '../digest.js';
import { PreconditionFailedError } from '../errors.js';
import type { CapabilityTrial } from './capability-trial.js';
import { failureOf, type Ground, PLAIN } from './ground.js';
import { refusesOtherBytes } from './refuses-other-bytes.js';
import type { Seen } from './trial.js';

const digests: CapabilityTrial = {
  id: 'digests',
  title: 'the provider tells the digest of what it holds',
  meaning:
    'Objects cannot be compared with files by what the provider tells: the digest is not one of the content (encryption?). Set etag: opaque.',
  withoutIt: 'A reconcile compares sizes, and reads objects again where it must know more.',
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
      'a look at the object': head.checksums,
    };
    if (backend.capabilities.listingHas.checksums) report['the listing'] = items[0]?.checksums;
    return {
      problems: Object.entries(report).flatMap(([what, checksums]) => {
        const hex = findChecksum(checksums ?? [], algorithm)?.hex;
        if (hex === expected) return [];
        return [
          hex === undefined
            ? `${what} tells no ${algorithm}`
            : `${what} tells a ${algorithm} of other content`,
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

/** What a put with a condition that does not hold was answered by, if that is not what it should be. */
async function notRefused(
  ground: Ground,
  precondition: Precondition,
  what: string,
): Promise<string[]> {
  const failure = await failureOf(ground, ground.put('taken', 'replaced', { precondition }));
  if (failure instanceof PreconditionFailedError) return [];
  return [`${what} was ${failure ? `answered by: ${failure.message}` : 'stored'}`];
}

const LEASE_WITHOUT =
  'The lease is the best that can be done: two machines that start in the same moment find each other out within seconds.';

const conditions: CapabilityTrial = {
  id: 'preconditions',
  title: 'a put can be made to depend on what is there',
  meaning:
    'Two machines that mirror to one place may both take its lease, and fight for it: make sure that there is one only.',
  withoutIt: LEASE_WITHOUT,
  claimed: ({ preconditions }) => preconditions.includes('ifAbsent'),
  async run(ground) {
    await ground.put('taken', 'first');
    const problems = await notRefused(
      ground,
      { ifAbsent: true },
      'a put for which nothing may be there',
    );
    const fresh = await failureOf(
      ground,
      ground.put('free', 'first', { precondition: { ifAbsent: true } }),
    );
    if (fresh)
      problems.push(
        `a put for which nothing may be there was refused where nothing was: ${fresh.message}`,
      );
    return { problems, notes: [ground.backend.capabilities.preconditions.join(', ')] };
  },
};

const replacements: CapabilityTrial = {
  id: 'conditional replace',
  title: 'a put can be bound to the version of the object that is there',
  meaning: `The lease of a place is renewed and released without a condition. ${LEASE_WITHOUT}`,
  withoutIt: LEASE_WITHOUT,
  claimed: ({ preconditions }) => preconditions.includes('ifMatch'),
  async run(ground) {
    const { extra } = await ground.put('taken', 'first');
    const none = { ifMatch: '"00000000000000000000000000000000"' };
    const problems = await notRefused(
      ground,
      none,
      'a put for which another version must be there',
    );
    const { etag } =
      problems.length === 0
        ? extra
        : (await ground.backend.headObject(ground.ref('taken'), ground.call)).extra;
    if (typeof etag !== 'string')
      return { problems: [...problems, 'the answer to a put has no ETag to name the version by'] };
    const same = await failureOf(
      ground,
      ground.put('taken', 'second', { precondition: { ifMatch: etag } }),
    );
    if (same)
      problems.push(
        `a put for which this version must be there was refused, although it was: ${same.message}`,
      );
    return { problems };
  },
};

const copies: CapabilityTrial = {
  id: 'copy',
  title: 'objects are copied within the provider',
  meaning: 'Renamed files are sent again.',
  withoutIt: 'Renamed files are sent again.',
  claimed: ({ copy }) => copy !== undefined,
  async run(ground) {
    const { copyObject } = ground.backend.capabilities.copy as Copy;
    await ground.put('from', 'content', { metaData: { mtime: '1.5' } });
    const replace = { contentType: 'text/plain', metaData: { mtime: '2.5' } };
    await copyObject(ground.ref('from'), ground.ref('to'), replace, ground.call);
    const problems: string[] = [];
    if ((await ground.contentOf('to')) !== 'content') problems.push('the copy has other content');
    const { metaData } = await ground.backend.headObject(ground.ref('to'), ground.call);
    if (metaData['mtime'] !== '2.5')
      problems.push('the copy did not get the metadata that it was given');
    return { problems };
  },
};

const boundCopies: CapabilityTrial = {
  id: 'bound copy',
  title: 'what is copied is the very object that was meant',
  meaning:
    'A file that is renamed while another one takes its name may be seen with the content of the other, until that is noticed.',
  withoutIt: 'While an object is copied, nothing is sent to its name.',
  claimed: ({ copy }) => copy?.bindsSource === true,
  async run(ground) {
    const ROUNDS = 5;
    const { copyObject } = ground.backend.capabilities.copy as Copy;
    const meant = checksumOf('md5', Buffer.from('meant')).hex;
    const problems = new Set<string>();
    for (let round = 1; round <= ROUNDS; round += 1) {
      await ground.put('source', 'meant');
      const { etag } = (await ground.backend.headObject(ground.ref('source'), ground.call)).extra;
      const expected = { md5: meant, etag: typeof etag === 'string' ? etag : undefined };
      const copy = () =>
        copyObject(
          { ...ground.ref('source'), expected },
          ground.ref(`copy ${round}`),
          undefined,
          ground.call,
        );
      // The other may come before the copy, after it, or while it is made.
      await Promise.all([failureOf(ground, copy()), ground.put('source', 'another')]);
      const late = await failureOf(ground, copy());
      if (!(late instanceof PreconditionFailedError))
        problems.add(`another object was ${late ? `answered by: ${late.message}` : 'copied'}`);
      const content = await ground.contentOf(`copy ${round}`);
      if (content === 'another')
        problems.add('an object that came while the one before it was copied was copied instead');
    }
    return { problems: [...problems] };
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

const parts: CapabilityTrial = {
  id: 'multipart',
  title: 'large objects are sent in parts, and are there only when all of them are',
  meaning: 'Large files may fail, or be seen before they are complete.',
  withoutIt: 'Large files are sent in one request, and from the beginning after a failure.',
  claimed: ({ multipart }) => multipart !== undefined,
  run: tryParts,
};

async function tryParts(ground: Ground): Promise<Seen> {
  const { multipart } = ground.backend.capabilities;
  if (multipart === undefined) return { problems: [] };
  const { call } = ground;
  const problems: string[] = [];
  const [first, last] = [
    Buffer.alloc(Math.max(multipart.partSize.min, 1), 'first '),
    Buffer.from('last'),
  ];

  const token = await multipart.begin(ground.ref('in parts'), PLAIN, call);
  ground.begun(token);
  const sent = [
    await multipart.uploadPart(token, 1, bytesBody(first), call),
    await multipart.uploadPart(token, 2, bytesBody(last), call),
  ];
  if ((await multipart.uploadedParts(token, call)).length !== 2)
    problems.push('parts that were sent are not listed: an upload cannot be resumed');
  if ((await ground.contentOf('in parts')) !== undefined)
    problems.push('the object was there before it was complete');
  await multipart.complete(token, sent, call);
  const content = (await ground.contentOf('in parts')) ?? '';
  const md5 = (text: string | Buffer) => createHash('md5').update(text).digest('hex');
  if (md5(content) !== md5(Buffer.concat([first, last])))
    problems.push('the object is not what its parts were');

  const dropped = await multipart.begin(ground.ref('dropped'), PLAIN, call);
  ground.begun(dropped);
  await multipart.uploadPart(dropped, 1, bytesBody(last), call);
  await multipart.abort(dropped, call);
  if ((await ground.contentOf('dropped')) !== undefined)
    problems.push('an upload that was given up left an object');
  const left = await multipart.unfinished(ground.container, ground.prefix, call);
  if (left.length > 0)
    problems.push(
      `uploads that were completed or given up are still listed as unfinished (${left.length})`,
    );
  const { min, maxParts } = multipart.partSize;
  return {
    problems,
    notes: [
      `parts from ${min.toLocaleString('en')} bytes on, ${maxParts.toLocaleString('en')} at most`,
    ],
  };
}

/** In the order in which they are shown. */
export const capabilityTrials: readonly CapabilityTrial[] = [
  refusesOtherBytes,
  digests,
  metadata,
  conditions,
  replacements,
  copies,
  boundCopies,
  batches,
  parts,
];
