// A loopback S3, or another provider's API, that keeps what is known of each object and none of its bytes: it answers puts with the right MD5 ETag,
// heads and lists what was put. A process of its own: `node server.js OBJECTS PAGE_DELAY_MS hash|trust BYTES s3|azure|google|b2 ADDRESS` prints its port.
// The bucket "bench" holds OBJECTS objects of BYTES bytes from the beginning, with the names and contents of the files of a tree,
// which can be read. Each page of a listing is answered after PAGE_DELAY_MS. trust: a digest that a
// client declares is believed, so that the server takes no CPU time from large uploads.
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { chunkOf, fileName } from '../tree.js';
import { QUESTIONS, type SinkApi } from './api.js';
import { AZURE_SINK } from './azure.js';
import { B2_SINK } from './b2.js';
import { GOOGLE_SINK } from './google.js';
import { serve } from './http.js';
import { keep } from './objects.js';
import { S3_SINK } from './s3.js';

const [
  objects = '0',
  pageDelayMs = '0',
  digests = 'hash',
  bytes = '0',
  name = 's3',
  listenAt = '127.0.0.1',
] = process.argv.slice(2);
const APIS: Readonly<Record<string, SinkApi>> = {
  s3: S3_SINK,
  azure: AZURE_SINK,
  google: GOOGLE_SINK,
  b2: B2_SINK,
};
const api = APIS[name] ?? S3_SINK;

for (let at = 0; at < Number(objects); at += 1) {
  const size = Number(bytes);
  const content = chunkOf(at, size);
  const md5 = md5Of(content, size);
  const mtime = size === 0 ? undefined : `1700000000.${String(at).padStart(9, '0')}`;
  const parts = [{ size, digest: md5 }];
  keep('bench', fileName(at, Number(objects)), { size, etag: md5, mtime, parts, content });
}

function md5Of(repeated: Buffer, size: number): string {
  const hash = createHash('md5');
  for (let at = 0; at < size; at += repeated.length)
    hash.update(repeated.subarray(0, Math.min(repeated.length, size - at)));
  return hash.digest('hex');
}

const server = createServer((socket) =>
  serve(socket, {
    ...api,
    trustsDigests: digests === 'trust',
    answer(request, send) {
      const isPage = request.key === '' && request.bucket !== QUESTIONS && request.method === 'GET';
      if (isPage && Number(pageDelayMs) > 0)
        setTimeout(() => send(api.answer(request)), Number(pageDelayMs));
      else send(api.answer(request));
    },
  }),
);
server.listen(0, listenAt, () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : '');
});
