// A loopback S3 that keeps nothing: it answers puts with the right MD5 ETag and lists as many objects as it is told to.
// It reads HTTP by hand, because node:http would be slower than the clients that are measured. Run as a child process:
// it prints its port.
import { createHash, type Hash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';

const listed = Number(process.argv[2] ?? 0);
const uploads = new Map<string, Map<number, string>>();
/** What was put: rclone looks at each object afterwards. */
const objects = new Map<string, { readonly length: number; readonly etag: string }>();
const sizes = new WeakMap<Map<number, string>, number>();
let nextUpload = 1;

interface Head {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly length: number;
  readonly md5: string | undefined;
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
        const text = buffer.toString('latin1', 0, end);
        rest = buffer.subarray(end + 4);
        buffer = Buffer.alloc(0);
        head = parse(text);
        left = head.length;
        hash = head.md5 === undefined && head.method === 'PUT' ? createHash('md5') : undefined;
        if (/expect: 100-continue/i.test(text)) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
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
  const [line = '', ...fields] = text.split('\r\n');
  const [method = '', target = ''] = line.split(' ');
  const [path = '', query = ''] = target.split('?');
  const field = (name: string) =>
    fields
      .find((each) => each.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const md5 = field('content-md5');
  return {
    method,
    path,
    query: new URLSearchParams(query),
    length: Number(field('content-length') ?? 0),
    md5: md5 === undefined ? undefined : Buffer.from(md5, 'base64').toString('hex'),
  };
}

function answer({ method, path, query, length }: Head, md5: string): string {
  if (method === 'POST' && query.has('uploads')) {
    const id = `u${nextUpload}`;
    nextUpload += 1;
    uploads.set(id, new Map());
    return respond(200, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }
  const upload = uploads.get(query.get('uploadId') ?? '');
  if (method === 'POST') {
    const parts = [...(upload ?? [])].sort(([a], [b]) => a - b).map(([, part]) => Buffer.from(part, 'hex'));
    const etag = createHash('md5').update(Buffer.concat(parts)).digest('hex');
    objects.set(path, { length: (upload && sizes.get(upload)) ?? 0, etag: `${etag}-${parts.length}` });
    return respond(200, `<CompleteMultipartUploadResult><ETag>&quot;${etag}-${parts.length}&quot;</ETag></CompleteMultipartUploadResult>`);
  }
  if (method === 'PUT') {
    upload?.set(Number(query.get('partNumber')), md5);
    if (upload === undefined) objects.set(path, { length, etag: md5 });
    else sizes.set(upload, (sizes.get(upload) ?? 0) + length);
    return `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\nETag: "${md5}"\r\nContent-Length: 0\r\n\r\n`;
  }
  if (method === 'GET') return respond(200, listing(query));
  const object = objects.get(path);
  if (object !== undefined)
    return `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\nLast-Modified: ${new Date().toUTCString()}\r\nETag: "${object.etag}"\r\nContent-Length: ${object.length}\r\n\r\n`;
  return method === 'HEAD' && path.split('/').filter(Boolean).length > 1
    ? 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'
    : respond(200, '');
}

const pages = new Map<number, string>();

function listing(query: URLSearchParams): string {
  const from = Number(query.get('continuation-token') ?? query.get('marker')?.slice(-7) ?? -1) + 1;
  let page = pages.get(from);
  if (page === undefined) {
    const to = Math.min(from + 1000, listed);
    let contents = '';
    for (let i = from; i < to; i += 1)
      contents += `<Contents><Key>folder/file-${String(i).padStart(7, '0')}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>0</Size><StorageClass>STANDARD</StorageClass></Contents>`;
    const more = to < listed ? `<NextContinuationToken>${to - 1}</NextContinuationToken>` : '';
    page = `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${to < listed}</IsTruncated>${more}${contents}</ListBucketResult>`;
    pages.set(from, page);
  }
  return page;
}

function respond(status: number, body: string): string {
  return `HTTP/1.1 ${status} OK\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : '');
});
