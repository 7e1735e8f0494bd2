import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { cutBuffers } from '../cut-parts.js';
import { exactly } from '../http/exact-body.js';
import type { StreamedBody } from '../http/exchange.js';
import type { ChunkSignatures } from './sign.js';

// The content encoding `aws-chunked`, which lets the store refuse a stream whose digest is known only at its end:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html beside it.

/** A checksum that follows the content. */
export interface Trailer {
  /** The header that it is sent as, in lower case. */
  readonly name: string;
  /** Bytes of the checksum. */
  readonly bytes: number;
  begin(): RunningChecksum;
}

export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  /** Once, at the end. */
  base64(): string;
}

/** Every store that takes trailers takes this one: it is the default of Amazon's own clients. */
export const CRC32_TRAILER: Trailer = {
  name: 'x-amz-checksum-crc32',
  bytes: 4,
  begin() {
    let value = 0;
    return {
      update(bytes) {
        value = crc32(bytes, value);
      },
      base64() {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(value);
        return bytes.toString('base64');
      },
    };
  },
};

/** At least one of the two. */
export interface ChunkedForm {
  /** Each chunk carries a signature that covers its content and all before it. */
  readonly signed: boolean;
  readonly trailer: Trailer | undefined;
  /**
   * Whether `Content-Encoding` names the form. Ceph before release 19 keeps that header as one of the object; none but
   * trailers needs it.
   */
  readonly named: boolean;
}

/** Bytes of content per chunk. Amazon asks for 8 KiB at least, and advises 64 KiB. */
const CHUNK = 64 * 1024;
const SIGNATURE_CHARACTERS = 64;
const CHUNK_SIGNATURE = ';chunk-signature=';
const TRAILER_SIGNATURE = 'x-amz-trailer-signature:';
const LINE_END = '\r\n';

/** The value of `x-amz-content-sha256`. */
export function payloadName({ signed, trailer }: ChunkedForm): string {
  return `STREAMING-${signed ? 'AWS4-HMAC-SHA256' : 'UNSIGNED'}-PAYLOAD${trailer === undefined ? '' : '-TRAILER'}`;
}

/** The headers of a request whose body is sent in this form; names in lower case. */
export function chunkedHeaders(
  { trailer, named }: ChunkedForm,
  size: number,
  contentEncoding: string | undefined,
): Record<string, string> {
  return {
    ...(named && {
      'content-encoding':
        contentEncoding === undefined ? 'aws-chunked' : `aws-chunked,${contentEncoding}`,
    }),
    'x-amz-decoded-content-length': String(size),
    ...(trailer !== undefined && { 'x-amz-trailer': trailer.name }),
  };
}

/**
 * The body in chunks. `signatures` begins with the request's own one, for a signed form; each opening starts again. The last
 * bytes of the content wait until the source has ended well: Ceph stores what it has once that is the announced length, though
 * the chunk that ends the content never comes.
 */
export function chunkedBody(
  body: StreamedBody,
  form: ChunkedForm,
  signatures: () => ChunkSignatures,
): StreamedBody {
  const source = () => exactly(body.size, body.open());
  return {
    size: chunkedSize(body.size, form),
    open: () => chunks(source(), form, form.signed ? signatures() : undefined),
  };
}

/** Bytes that go out for `size` bytes of content. */
export function chunkedSize(size: number, { signed, trailer }: ChunkedForm): number {
  const signature = signed ? CHUNK_SIGNATURE.length + SIGNATURE_CHARACTERS : 0;
  const framing = (length: number) => length.toString(16).length + signature + 2 * LINE_END.length;
  const whole = Math.floor(size / CHUNK);
  const rest = size % CHUNK;
  const content = size + whole * framing(CHUNK) + (rest > 0 ? framing(rest) : 0);
  if (trailer === undefined) return content + framing(0);
  const checksum = trailer.name.length + 1 + Math.ceil(trailer.bytes / 3) * 4 + LINE_END.length;
  const proof = signed ? TRAILER_SIGNATURE.length + SIGNATURE_CHARACTERS + LINE_END.length : 0;
  return content + framing(0) + checksum + proof;
}

async function* chunks(
  source: AsyncIterable<Uint8Array>,
  { trailer }: ChunkedForm,
  signatures: ChunkSignatures | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const checksum = trailer?.begin();
  const head = (bytes: Uint8Array) => {
    const signature =
      signatures === undefined
        ? ''
        : `${CHUNK_SIGNATURE}${signatures.chunk(hash('sha256', bytes, 'hex'))}`;
    return `${bytes.byteLength.toString(16)}${signature}${LINE_END}`;
  };
  let before = '';
  for await (const bytes of cutBuffers(source, CHUNK)) {
    checksum?.update(bytes);
    yield Buffer.from(before + head(bytes), 'latin1');
    yield bytes;
    before = LINE_END;
  }
  let end = before + head(new Uint8Array());
  if (trailer !== undefined && checksum !== undefined) {
    const value = checksum.base64();
    end += `${trailer.name}:${value}${LINE_END}`;
    if (signatures !== undefined)
      end += `${TRAILER_SIGNATURE}${signatures.trailer(`${trailer.name}:${value}\n`)}${LINE_END}`;
  }
  yield Buffer.from(end + LINE_END, 'latin1');
}
