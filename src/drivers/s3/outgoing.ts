import type { HttpBody } from '../http/exchange.js';
import { type ChunkedForm, chunkedBody, chunkedHeaders, payloadName } from './aws-chunked.js';
import { type ChunkSignatures, EMPTY_PAYLOAD, UNSIGNED_PAYLOAD } from './sign.js';

/** What of a request depends on how its body is sent. */
export interface Bodied {
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  /** Hex SHA-256 of the body, for a signature that covers it. */
  readonly payload?: string;
  /** The form in which a streamed body is sent. */
  readonly chunked?: ChunkedForm | undefined;
}

export interface Outgoing {
  /** The value of `x-amz-content-sha256`. */
  readonly payload: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `signatures`: begins with that of these headers. */
  bodyWith(signatures: () => ChunkSignatures): HttpBody | undefined;
}

export function outgoing(request: Bodied): Outgoing {
  const { body, headers = {} } = request;
  const form = chunkedFormOf(request);
  if (form === undefined || body === undefined || body instanceof Uint8Array) {
    const payload = request.payload ?? (body === undefined ? EMPTY_PAYLOAD : UNSIGNED_PAYLOAD);
    return { payload, headers, bodyWith: () => body };
  }
  return {
    payload: payloadName(form),
    headers: { ...headers, ...chunkedHeaders(form, body.size, headers['content-encoding']) },
    bodyWith: (signatures) => chunkedBody(body, form, signatures),
  };
}

/** Undefined: the body goes out unchanged. */
export function chunkedFormOf({ body, chunked }: Bodied): ChunkedForm | undefined {
  return body === undefined || body instanceof Uint8Array ? undefined : chunked;
}
