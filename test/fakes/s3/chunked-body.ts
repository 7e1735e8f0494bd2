import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { S3Refusal } from './answer.js';
import { digest, type FakeRequest } from './request.js';

/** What the signatures of chunks are made with. */
export interface SigningScope {
  readonly key: Buffer | string;
  readonly timeAndScope: string;
  /** The signature of the request's headers. */
  readonly seed: string;
}

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** Amazon takes no smaller one but the last. */
const SMALLEST_CHUNK = 8 * 1024;

export function isChunked(payload: string): boolean {
  return payload.startsWith('STREAMING-');
}

/** The content of an `aws-chunked` body. Verifies every signature and the trailing checksum. */
export function decodeChunked(
  { headers, body }: FakeRequest,
  payload: string,
  scope: SigningScope,
): Buffer {
  const signed = payload.includes('AWS4-HMAC-SHA256');
  const hasTrailer = payload.endsWith('-TRAILER');
  let at = 0;
  let previous = scope.seed;
  const line = () => {
    const end = body.indexOf('\r\n', at);
    if (end < 0) throw new S3Refusal(400, 'IncompleteBody');
    const text = body.subarray(at, end).toString('latin1');
    at = end + 2;
    return text;
  };
  const verify = (kind: string, covered: string, given: string | undefined) => {
    previous = createHmac('sha256', scope.key)
      .update(`AWS4-HMAC-SHA256-${kind}\n${scope.timeAndScope}\n${previous}\n${covered}`)
      .digest('hex');
    if (given !== previous) throw new S3Refusal(403, 'SignatureDoesNotMatch');
  };
  const chunks: Buffer[] = [];
  for (;;) {
    const match = /^([0-9a-f]+)(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line());
    if (match === null || (match[2] !== undefined) !== signed)
      throw new S3Refusal(400, 'IncompleteBody');
    const chunk = body.subarray(at, at + Number.parseInt(match[1]!, 16));
    if (signed) verify('PAYLOAD', `${EMPTY}\n${digest('sha256', chunk)}`, match[2]);
    if (chunk.byteLength === 0) break;
    if ((chunks.at(-1)?.byteLength ?? SMALLEST_CHUNK) < SMALLEST_CHUNK)
      throw new S3Refusal(403, 'InvalidChunkSizeError');
    chunks.push(chunk);
    at += chunk.byteLength;
    if (line() !== '') throw new S3Refusal(400, 'IncompleteBody');
  }
  const content = Buffer.concat(chunks);
  if (hasTrailer) {
    const [name = '', value = ''] = line().split(':');
    if (name !== headers['x-amz-trailer']) throw new S3Refusal(400, 'MalformedTrailerError');
    if (signed)
      verify(
        'TRAILER',
        digest('sha256', `${name}:${value}\n`),
        /^x-amz-trailer-signature:(.*)$/.exec(line())?.[1],
      );
    const own = Buffer.alloc(4);
    own.writeUInt32BE(crc32(content));
    if (name !== 'x-amz-checksum-crc32' || value !== own.toString('base64'))
      throw new S3Refusal(400, 'BadDigest');
  }
  if (line() !== '' || at !== body.byteLength) throw new S3Refusal(400, 'IncompleteBody');
  if (headers['x-amz-decoded-content-length'] !== String(content.byteLength))
    throw new S3Refusal(400, 'IncompleteBody');
  return content;
}
