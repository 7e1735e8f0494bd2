import type { Copy } from '../capabilities.js';
import { checksumOf } from '../digest.js';
import { PreconditionFailedError } from '../errors.js';
import type { CapabilityTrial } from './capability-trial.js';
import { failureOf } from './ground.js';

export const copies: CapabilityTrial = {
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

export const boundCopies: CapabilityTrial = {
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
