// A loopback S3 that keeps what is known of each object and none of its bytes: it answers puts with the right MD5 ETag,
// heads and lists what was put. A process of its own: `node server.js OBJECTS PAGE_DELAY_MS hash|trust` prints its port.
// The bucket "bench" holds OBJECTS empty objects from the beginning, named as the files of a tree. Each page of a listing is
// answered after PAGE_DELAY_MS. trust: a Content-MD5 is believed, so that the server takes no CPU time from large uploads.
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { fileName } from '../tree.js';
import { answer, OWN_OBJECTS, QUESTIONS } from './answers.js';
import { serve } from './http.js';
import { keep } from './objects.js';

const [objects = '0', pageDelayMs = '0', digests = 'hash'] = process.argv.slice(2);

const empty = createHash('md5').digest('hex');
for (let at = 0; at < Number(objects); at += 1)
  keep('bench', fileName(at, Number(objects)), {
    size: 0,
    etag: empty,
    mtime: undefined,
    parts: [{ size: 0, md5: empty }],
  });

const server = createServer((socket) =>
  serve(socket, {
    trustsContentMd5: digests === 'trust',
    wantsContent: ({ method, key }) => method === 'PUT' && key.startsWith(OWN_OBJECTS),
    answer(request, send) {
      const isPage = request.key === '' && request.bucket !== QUESTIONS && request.method === 'GET';
      if (isPage && Number(pageDelayMs) > 0)
        setTimeout(() => send(answer(request)), Number(pageDelayMs));
      else send(answer(request));
    },
  }),
);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : '');
});
