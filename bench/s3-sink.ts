// A loopback S3 that keeps what is known of each object and none of its bytes: it answers puts with the right MD5 ETag,
// heads and lists what was put. It reads HTTP by hand, because node:http would be slower than the clients that are
// measured. Run as a process of its own: `node dist/bench/s3-sink.js [OBJECTS]` prints its port. With OBJECTS, the
// container "bench" holds so many empty ones from the beginning.
import { createHash, type Hash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { containerOf, type Kept, keep, listing, look } from './s3-sink-objects.js';

interface Upload {
  /** Hex MD5 by part number. */
  readonly parts: Map<number, string>;
  readonly mtime: string | undefined;
  size: number;
}

const uploads = new Map<string, Upload>();
let nextUpload = 1;

interface Head {
  readonly method: string;
  readonly container: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly length: number;
  /** Hex, as the client promises it. */
  readonly md5: string | undefined;
  readonly mtime: string | undefined;
  readonly waits: boolean;
}

function serve(socket: Socket): void {
  let buffer: Buffer = Buffer.alloc(0);
  let head: Head | undefined;
  let left = 0;
  let hash: Hash | undefined;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    let rest: Buffer = chunk;
    for (;;) {
      if (head === undefined) {
        buffer = buffer.length === 0 ? rest : Buffer.concat([buffer, rest]);
        const end = buffer.indexOf('\r\n\r\n');
        if (end < 0) return;
        head = parse(buffer.toString('latin1', 0, end));
        rest = buffer.subarray(end + 4);
        buffer = Buffer.alloc(0);
        left = head.length;
        // A client that promises a digest has computed it itself: doing so again would only slow all of them down.
        hash = head.md5 === undefined && head.method === 'PUT' ? createHash('md5') : undefined;
        if (head.waits) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      }
      const taken = rest.subarray(0, left);
      hash?.update(taken);
      left -= taken.length;
      if (left > 0) return;
      rest = rest.subarray(taken.length);
      socket.write(answer(head, head.md5 ?? hash?.digest('hex') ?? ''));
      head = undefined;
      if (rest.length === 0) return;
    }
  });
}

function parse(text: string): Head {
  const lines = text.split('\r\n');
  const [method = '', target = ''] = (lines[0] ?? '').split(' ');
  const question = target.indexOf('?');
  const path = decodeURIComponent(question < 0 ? target : target.slice(0, question));
  const slash = path.indexOf('/', 1);
  const fields = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const md5 = fields.get('content-md5');
  return {
    method,
    container: slash < 0 ? path.slice(1) : path.slice(1, slash),
    key: slash < 0 ? '' : path.slice(slash + 1),
    query: new URLSearchParams(question < 0 ? '' : target.slice(question + 1)),
    length: Number(fields.get('content-length') ?? 0),
    md5: md5 === undefined ? undefined : Buffer.from(md5, 'base64').toString('hex'),
    mtime: fields.get('x-amz-meta-mtime'),
    waits: fields.has('expect'),
  };
}

function answer(head: Head, md5: string): string {
  const { method, container, key, query } = head;
  if (key === '') return method === 'GET' ? xml(200, aboutContainer(container, query)) : plain(200);
  const kept = look(container, key);
  switch (method) {
    case 'PUT':
      return put(head, md5);
    case 'POST':
      return query.has('uploads') ? begin(head) : complete(head);
    case 'DELETE':
      return plain(204);
    default:
      return kept === undefined ? plain(404) : described(kept);
  }
}

function aboutContainer(container: string, query: URLSearchParams): string {
  if (query.has('location'))
    return '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>';
  if (query.has('uploads'))
    return '<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>';
  return listing(container, query);
}

function put({ container, key, query, length, mtime }: Head, md5: string): string {
  const upload = uploads.get(query.get('uploadId') ?? '');
  if (upload === undefined) keep(container, key, { size: length, etag: md5, mtime });
  else {
    upload.parts.set(Number(query.get('partNumber')), md5);
    upload.size += length;
  }
  return plain(200, `ETag: "${md5}"\r\n`);
}

function begin({ mtime }: Head): string {
  const id = `u${nextUpload}`;
  nextUpload += 1;
  uploads.set(id, { parts: new Map(), mtime, size: 0 });
  return xml(
    200,
    `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
  );
}

function complete({ container, key, query }: Head): string {
  const id = query.get('uploadId') ?? '';
  const upload = uploads.get(id);
  if (upload === undefined) return plain(404);
  uploads.delete(id);
  const parts = [...upload.parts]
    .sort(([a], [b]) => a - b)
    .map(([, md5]) => Buffer.from(md5, 'hex'));
  const etag = `${createHash('md5').update(Buffer.concat(parts)).digest('hex')}-${parts.length}`;
  keep(container, key, { size: upload.size, etag, mtime: upload.mtime });
  return xml(
    200,
    `<CompleteMultipartUploadResult><ETag>&quot;${etag}&quot;</ETag></CompleteMultipartUploadResult>`,
  );
}

function described({ size, etag, mtime }: Kept): string {
  const modified = mtime === undefined ? '' : `x-amz-meta-mtime: ${mtime}\r\n`;
  return `${status(200)}Last-Modified: ${new Date().toUTCString()}\r\nETag: "${etag}"\r\n${modified}Content-Length: ${size}\r\n\r\n`;
}

const status = (code: number) =>
  `HTTP/1.1 ${code} ${code < 300 ? 'OK' : 'Not Found'}\r\nDate: ${new Date().toUTCString()}\r\n`;
const plain = (code: number, fields = '') => `${status(code)}${fields}Content-Length: 0\r\n\r\n`;
const xml = (code: number, body: string) =>
  `${status(code)}Content-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const wanted = Number(process.argv[2] ?? 0);
const emptyMd5 = createHash('md5').digest('hex');
containerOf('bench');
for (let at = 0; at < wanted; at += 1)
  keep('bench', `folder/file-${String(at).padStart(7, '0')}`, {
    size: 0,
    etag: emptyMd5,
    mtime: undefined,
  });

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : '');
});
