import { createHash } from 'node:crypto';
import { bytesBody } from '../body.js';
import type { CapabilityTrial } from './capability-trial.js';
import { type Ground, PLAIN } from './ground.js';
import type { Seen } from './trial.js';

export const multipartUploads: CapabilityTrial = {
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
  // The end of one stream goes along with its completion.
  const listed = multipart.inOrder ? 1 : 2;
  if ((await multipart.uploadedParts(token, call)).length !== listed)
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
    problems.push('an aborted upload left an object');
  const left = await multipart.unfinished(ground.container, ground.prefix, call);
  if (left.length > 0)
    problems.push(
      `uploads that were completed or aborted are still listed as unfinished (${left.length})`,
    );
  const { min, maxParts } = multipart.partSize;
  return {
    problems,
    notes: [
      `parts from ${min.toLocaleString('en')} bytes on, ${maxParts.toLocaleString('en')} at most`,
    ],
  };
}
