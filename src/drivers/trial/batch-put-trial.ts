import type { PlacedObject } from '../capabilities.js';
import { checksumOf } from '../digest.js';
import { ObjectHashMismatchError } from '../errors.js';
import type { CapabilityTrial } from './capability-trial.js';
import { type Ground, PLAIN } from './ground.js';

const OTHER_BYTES = 'announced as other bytes';

/** Objects whose content is their name; the last one is announced with the digest of other bytes. */
function batch(ground: Ground): { objects: PlacedObject[]; content: ArrayBuffer } {
  const names = ['a b', 'folder/é', 'empty', OTHER_BYTES];
  const contents = names.map((name) => Buffer.from(name === 'empty' ? '' : name));
  let end = 0;
  const objects = names.map((name, at) => {
    const begin = end;
    const size = contents[at]?.length ?? 0;
    end += size;
    const { hex: md5 } = checksumOf(
      'md5',
      Buffer.from(name === OTHER_BYTES ? 'x' : (contents[at] ?? '')),
    );
    return { key: ground.ref(name).key, begin, size, md5, options: PLAIN };
  });
  return { objects, content: new Uint8Array(Buffer.concat(contents)).buffer };
}

export const batchPuts: CapabilityTrial = {
  id: 'batch put',
  title: 'many objects are put by one call, each whole or not at all',
  meaning: 'Small files may be stored with the content of others, or be taken for stored.',
  withoutIt: 'Each object takes a request of its own.',
  claimed: ({ batchPut }) => batchPut !== undefined,
  async run(ground) {
    const { batchPut } = ground.backend.capabilities;
    if (batchPut === undefined) return { problems: [] };
    const { objects, content } = batch(ground);
    const outcomes = await batchPut.putObjects(ground.container, objects, content, ground.call);
    const problems: string[] = [];
    for (const [at, { key, md5 }] of objects.entries()) {
      const name = key.slice(ground.prefix.length);
      const outcome = outcomes[at];
      const error = outcome !== undefined && 'error' in outcome ? outcome.error : undefined;
      const found = await ground.contentOf(name);
      if (name === OTHER_BYTES) {
        if (!(error instanceof ObjectHashMismatchError))
          problems.push(
            `bytes with a wrong md5 were ${error ? `refused: ${error.message}` : 'stored'}`,
          );
        if (found !== undefined) problems.push('bytes with a wrong md5 are there afterwards');
      } else if (error !== undefined) problems.push(`"${name}" was not stored: ${error.message}`);
      else if (found === undefined) problems.push(`"${name}" is missing afterwards`);
      else if (checksumOf('md5', Buffer.from(found)).hex !== md5)
        problems.push(`"${name}" has another content afterwards`);
    }
    return { problems, notes: [`up to ${batchPut.maxObjects.toLocaleString('en')} at once`] };
  },
};
