import { bytesBody } from '../body.js';
import type { Body } from '../call.js';
import { checksumOf } from '../digest.js';
import { ObjectHashMismatchError } from '../errors.js';
import type { CapabilityTrial } from './capability-trial.js';
import { failureOf, PLAIN } from './ground.js';

const ANNOUNCED = Buffer.from('the bytes');

/** Not in memory, as the content of a large file. */
function streamOf(bytes: Buffer): Body {
  return {
    size: bytes.byteLength,
    replayable: true,
    async *open() {
      yield bytes;
    },
  };
}

export const refusesOtherBytes: CapabilityTrial = {
  id: 'checksums',
  title: 'the provider refuses bytes that are not those announced',
  meaning:
    'Bytes that are damaged on the way are stored, and detected only afterwards, by the digest that the provider reports.',
  withoutIt: 'Uploads are compared afterwards, with the digest that the provider reports.',
  claimed: ({ checksums }) => checksums.length > 0,
  async run(ground) {
    const problems: string[] = [];
    const { checksums } = ground.backend.capabilities;
    for (const algorithm of checksums)
      for (const [what, body] of [
        ['bytes', bytesBody(ANNOUNCED)],
        ['streams', streamOf(ANNOUNCED)],
      ] as const) {
        const name = `${algorithm} of ${what}`;
        const wrong = checksumOf(algorithm, Buffer.from('other bytes'));
        const put = ground.backend.putObject(
          ground.ref(name),
          body,
          { ...PLAIN, checksums: [wrong] },
          ground.call,
        );
        const failure = await failureOf(ground, put);
        if (failure === undefined) problems.push(`${what} with a wrong ${algorithm} were stored`);
        else if (!(failure instanceof ObjectHashMismatchError))
          problems.push(`a wrong ${algorithm} of ${what} is reported as: ${failure.message}`);
        if (failure !== undefined && (await ground.contentOf(name)) !== undefined)
          problems.push(
            `${what} with a wrong ${algorithm} were refused, and are there all the same`,
          );
      }
    return { problems, notes: [checksums.join(', ')] };
  },
};
