import { createHmac, hash } from 'node:crypto';
import { isoTime } from '../../clock.js';
import type { Credentials } from './credentials/credentials.js';
import { encodeQuery } from './encode.js';

// AWS Signature Version 4: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html

export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
export const EMPTY_PAYLOAD = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export interface Signable {
  readonly method: string;
  /** As in the Host header. */
  readonly host: string;
  /** Percent-encoded, without query. */
  readonly path: string;
  /** As `encodeQuery` writes it. */
  readonly query: string;
  /** Names in lower case; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hex SHA-256 of the body, UNSIGNED_PAYLOAD, or the name of a form in chunks. */
  readonly payload: string;
}

/** The signatures of a body in chunks, where each covers the one before it. One for each sending of the body. */
export interface ChunkSignatures {
  /** Hex. `sha256`: of the chunk's content, in hex. */
  chunk(sha256: string): string;
  /** Hex. `canonical`: each trailing header as `name:value` and a line feed, in order of names. */
  trailer(canonical: string): string;
}

export interface SignedRequest {
  readonly headers: Record<string, string>;
  /** Of a body in chunks that goes with these headers. */
  chunkSignatures(): ChunkSignatures;
}

export interface Signer {
  /** As `headers`, for a body in chunks. */
  sign(request: Signable, credentials: Credentials, region: string, nowMs: number): SignedRequest;
  /** The request's headers with those that prove who sends it. Sign when sending: a signature is good for 15 minutes. */
  headers(
    request: Signable,
    credentials: Credentials,
    region: string,
    nowMs: number,
  ): Record<string, string>;
  /** The query, signature included, of a URL that lets its bearer do this one request for `seconds`. */
  query(
    request: Omit<Signable, 'query' | 'headers' | 'payload'>,
    credentials: Credentials,
    region: string,
    nowMs: number,
    seconds: number,
    parameters?: Readonly<Record<string, string>>,
  ): string;
}

/** `service`: as the scope of its signatures names it. */
export function createSigner(service = 's3'): Signer {
  const amzTime = cachedAmzTime();
  const signingKey = cachedSigningKey(service);

  function signature(canonical: string, scope: string, time: string, key: Buffer): string {
    const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical, 'hex')}`;
    return createHmac('sha256', key).update(text).digest('hex');
  }
  function sign(
    request: Signable,
    credentials: Credentials,
    region: string,
    nowMs: number,
  ): SignedRequest {
    const time = amzTime(nowMs);
    const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
    // No spread: V8 of Node 20 would give the headers of each request a hidden class of their own.
    const headers: Record<string, string> = Object.assign({}, request.headers, {
      host: request.host,
      'x-amz-content-sha256': request.payload,
      'x-amz-date': time,
    });
    if (credentials.sessionToken !== undefined)
      headers['x-amz-security-token'] = credentials.sessionToken;
    const names = Object.keys(headers).sort();
    const signed = names.join(';');
    let canonical = `${request.method}\n${request.path}\n${request.query}\n`;
    for (const name of names) canonical += `${name}:${canonicalValue(headers[name] ?? '')}\n`;
    canonical += `\n${signed}\n${request.payload}`;
    const key = signingKey(credentials, time.slice(0, 8), region);
    const seed = signature(canonical, scope, time, key);
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${seed}`;
    return { headers, chunkSignatures: () => signatureChain(seed, `${time}\n${scope}`, key) };
  }

  return {
    sign,
    headers: (request, credentials, region, nowMs) =>
      sign(request, credentials, region, nowMs).headers,
    query(request, credentials, region, nowMs, seconds, parameters) {
      const time = amzTime(nowMs);
      const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
      const query = encodeQuery({
        'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
        'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
        'X-Amz-Date': time,
        'X-Amz-Expires': String(seconds),
        'X-Amz-Security-Token': credentials.sessionToken,
        'X-Amz-SignedHeaders': 'host',
        ...parameters,
      });
      const canonical = `${request.method}\n${request.path}\n${query}\nhost:${request.host}\n\nhost\n${UNSIGNED_PAYLOAD}`;
      return `${query}&X-Amz-Signature=${signature(canonical, scope, time, signingKey(credentials, time.slice(0, 8), region))}`;
    },
  };
}

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html (string to sign of a chunk) and
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html (of the trailer).
 */
function signatureChain(seed: string, timeAndScope: string, key: Buffer): ChunkSignatures {
  let previous = seed;
  const next = (kind: string, covered: string) => {
    const text = `AWS4-HMAC-SHA256-${kind}\n${timeAndScope}\n${previous}\n${covered}`;
    previous = createHmac('sha256', key).update(text).digest('hex');
    return previous;
  };
  return {
    chunk: (sha256) => next('PAYLOAD', `${EMPTY_PAYLOAD}\n${sha256}`),
    trailer: (canonical) => next('TRAILER', hash('sha256', canonical, 'hex')),
  };
}

/** `20260131T120000Z`, which is the same for all requests of one second. */
function cachedAmzTime(): (ms: number) => string {
  let second = Number.NaN;
  let text = '';
  return (ms) => {
    const now = Math.floor(ms / 1000);
    if (now !== second) {
      second = now;
      text = `${isoTime(ms).slice(0, 19).replace(/[-:]/g, '')}Z`;
    }
    return text;
  };
}

function canonicalValue(value: string): string {
  return /^\s|\s\s|\s$/.test(value) ? value.trim().replace(/\s+/g, ' ') : value;
}

/** The derived key is the same all day for one secret and region: deriving it again would double the price of a signature. */
function cachedSigningKey(service: string) {
  let cached:
    | {
        readonly secret: string;
        readonly day: string;
        readonly region: string;
        readonly key: Buffer;
      }
    | undefined;
  return ({ secretAccessKey: secret }: Credentials, day: string, region: string): Buffer => {
    if (cached?.secret === secret && cached.day === day && cached.region === region)
      return cached.key;
    const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
      (previous, part) => createHmac('sha256', previous).update(part).digest(),
      `AWS4${secret}`,
    ) as Buffer;
    cached = { secret, day, region, key };
    return key;
  };
}
