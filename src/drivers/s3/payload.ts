import { hash } from 'node:crypto';
import type { Body, Call, Checksum, ChecksumAlgorithm } from '../call.js';
import { UnsupportedOperationError } from '../errors.js';
import { digestFirst } from '../http/digest-first.js';
import { BodySizeError } from '../http/exact-body.js';
import type { HttpBody } from '../http/exchange.js';
import { hashedBody } from '../http/hashed-body.js';
import { fromSource } from '../http/refusal.js';
import type { ChunkedForm } from './aws-chunked.js';
import { S3 } from './errors.js';
import type { BodyPlan } from './streamed-bodies.js';

export interface PayloadOptions {
  readonly key: string;
  /** Digests that are known already. */
  readonly known: readonly Checksum[];
  /** Those that the provider verifies. */
  readonly verified: readonly ChecksumAlgorithm[];
  readonly plan: BodyPlan;
  /** Whether the signature covers the content. */
  readonly sign: boolean;
  /** Whether a stream is hashed while it is sent, for a comparison afterwards. */
  readonly hashSent: boolean;
}

/** A body made ready for one signed request. */
export interface Payload {
  readonly size: number;
  readonly body: HttpBody;
  readonly replayable: boolean;
  /** The digests for the provider to compare. */
  readonly headers: Readonly<Record<string, string>>;
  /** The form in which the body is sent; undefined: unchanged. */
  readonly chunked: ChunkedForm | undefined;
  /** What the signature says of the content; undefined: nothing. */
  readonly sha256: string | undefined;
  /** Digests that went along, so that an answer of success confirms them. */
  readonly promised: readonly Checksum[];
  /** Hex MD5 of the bytes that went out last; undefined before all have. */
  sentMd5(): string | undefined;
}

/** A body of unknown size rejects with UnsupportedOperationError before it is opened: S3 wants to know before. */
export async function preparePayload(
  body: Body,
  options: PayloadOptions,
  call: Call,
): Promise<Payload> {
  const { size, bytes, replayable } = body;
  if (size === undefined)
    throw new UnsupportedOperationError(
      `"${options.key}" cannot be put as a stream of unknown length; send it in parts`,
      { driver: S3 },
    );
  if (bytes !== undefined) {
    if (bytes.byteLength !== size)
      throw fromSource(options.key, new BodySizeError(size, bytes.byteLength), S3);
    const hex = knownHex(options.known, 'md5') ?? hash('md5', bytes, 'hex');
    const sha256 = options.sign
      ? (knownHex(options.known, 'sha256') ?? hash('sha256', bytes, 'hex'))
      : undefined;
    return {
      size,
      body: bytes,
      replayable: true,
      chunked: undefined,
      sha256,
      ...digestHeaders(options, hex),
      sentMd5: () => hex,
    };
  }
  const md5 = knownHex(options.known, 'md5');
  const { chunked } = options.plan;
  const readFirst =
    chunked === undefined && (options.sign || (options.plan.digestFirst && md5 === undefined));
  if (replayable && readFirst) return preparedTwice(body, size, options, call);
  if (options.sign && chunked === undefined)
    throw new UnsupportedOperationError(
      `"${options.key}" is a stream that can be read once, and sign_payload must read it twice`,
      {
        driver: S3,
      },
    );
  const streamed = { size, open: () => body.open() };
  const plain = {
    size,
    body: streamed,
    replayable,
    chunked,
    sha256: undefined,
    ...digestHeaders(options, md5),
  };
  return options.hashSent && md5 === undefined
    ? { ...plain, ...hashedBody(body, size) }
    : { ...plain, sentMd5: () => md5 };
}

async function preparedTwice(
  body: Body,
  size: number,
  options: PayloadOptions,
  call: Call,
): Promise<Payload> {
  const algorithms = options.sign ? (['md5', 'sha256'] as const) : (['md5'] as const);
  const [md5, sha256] = await digestFirst(body, size, algorithms, call).catch((error: unknown) => {
    throw fromSource(options.key, error, S3);
  });
  const hex = knownHex(options.known, 'md5') ?? md5;
  const streamed = { size, open: () => body.open() };
  return {
    size,
    body: streamed,
    replayable: true,
    chunked: undefined,
    sha256,
    ...digestHeaders(options, hex),
    sentMd5: () => hex,
  };
}

/** The headers that let the provider compare the content before it stores it, and the digests in them. */
export function digestHeaders(
  { known, verified }: Pick<PayloadOptions, 'known' | 'verified'>,
  md5: string | undefined,
): Pick<Payload, 'headers' | 'promised'> {
  const promised: Checksum[] = [];
  const headers: Record<string, string> = {};
  if (md5 !== undefined && verified.includes('md5')) {
    promised.push({ algorithm: 'md5', hex: md5 });
    headers['content-md5'] = base64(md5);
  }
  // S3 takes one x-amz-checksum header at the most.
  const strongest = verified
    .filter((algorithm) => algorithm !== 'md5')
    .flatMap((algorithm) => known.find((each) => each.algorithm === algorithm) ?? [])[0];
  if (strongest !== undefined) {
    promised.push(strongest);
    headers[`x-amz-checksum-${strongest.algorithm}`] = base64(strongest.hex);
  }
  return { headers, promised };
}

function knownHex(known: readonly Checksum[], wanted: ChecksumAlgorithm): string | undefined {
  return known.find(({ algorithm }) => algorithm === wanted)?.hex;
}

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
