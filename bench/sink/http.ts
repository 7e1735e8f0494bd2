// HTTP read by hand, because node:http would be slower than the clients that are measured.
import { createHash, type Hash } from 'node:crypto';
import type { Socket } from 'node:net';

/** One request with what became of its body. */
export interface Request {
  readonly method: string;
  /** The first segment of the path. */
  readonly bucket: string;
  /** The rest of the path, without its first slash. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: ReadonlyMap<string, string>;
  /** Bytes of the body. */
  readonly length: number;
  /** Hex MD5, or SHA-1, of the content that came: what arrived, or what the client promised when that is trusted. */
  readonly digest: string;
  /** The body, where the server wants it. */
  readonly content: Buffer;
}

export type Head = Omit<Request, 'digest' | 'content'>;

/** A whole answer, with status line and headers: at once, or in pieces, which are asked for as the client takes them. */
export type Answer = string | Buffer | Generator<string | Buffer, void>;

export interface Service {
  /** True: a digest that the client promises is not computed again, which would take CPU time of the clients. */
  readonly trustsDigests: boolean;
  /** The hex digest of a body that the client promises in its head; undefined: none. */
  promisedDigest(head: Head): string | undefined;
  /** Bytes at the beginning of a body that are the content of an object or part. */
  contentBytes(head: Head): number;
  /** Whether the body of a request is kept for `answer`. */
  wantsContent(head: Head): boolean;
  /** Gives the answer to `send`, now or later. */
  answer(request: Request, send: (answer: Answer) => void): void;
}

const EMPTY_MD5 = createHash('md5').digest('hex');

/** Serves the requests of one connection, one after the other. */
export function serve(socket: Socket, service: Service): void {
  let buffer: Buffer = Buffer.alloc(0);
  let body: Body | ChunkedBody | AwsChunkedBody | undefined;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    let rest: Buffer = chunk;
    for (;;) {
      if (body === undefined) {
        buffer = buffer.length === 0 ? rest : Buffer.concat([buffer, rest]);
        const end = buffer.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = parse(buffer.toString('latin1', 0, end));
        rest = buffer.subarray(end + 4);
        buffer = Buffer.alloc(0);
        body = bodyOf(head, service);
        if (head.headers.has('expect')) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      }
      rest = body.take(rest);
      if (body.isMissing()) return;
      service.answer(body.request(), (answer) => write(socket, answer));
      body = undefined;
      if (rest.length === 0) return;
    }
  });
}

function write(socket: Socket, answer: Answer): void {
  if (typeof answer === 'string' || Buffer.isBuffer(answer)) {
    socket.write(answer);
    return;
  }
  const goOn = (): void => {
    for (const piece of { [Symbol.iterator]: () => ({ next: () => answer.next() }) })
      if (!socket.write(piece)) {
        socket.once('drain', goOn);
        return;
      }
  };
  goOn();
}

function bodyOf(head: Head, service: Service): Body | ChunkedBody | AwsChunkedBody {
  const { headers } = head;
  if (headers.get('transfer-encoding') === 'chunked') return new ChunkedBody(head, service);
  return headers.has('x-amz-decoded-content-length')
    ? new AwsChunkedBody(head, service)
    : new Body(head, service);
}

/** The body of a request as it arrives. */
class Body {
  readonly #head: Head;
  readonly #promised: string | undefined;
  readonly #hash: Hash | undefined;
  readonly #content: Buffer[] | undefined;
  #missing: number;
  /** Bytes that are content, and have not come yet. */
  #toHash: number;

  constructor(head: Head, service: Service) {
    this.#head = head;
    this.#missing = head.length;
    this.#toHash = service.contentBytes(head);
    this.#promised = service.trustsDigests ? service.promisedDigest(head) : undefined;
    if (this.#promised === undefined && this.#toHash > 0) this.#hash = createHash('md5');
    if (service.wantsContent(head)) this.#content = [];
  }

  /** Takes what belongs to this body, and returns the rest. */
  take(bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, this.#missing);
    this.#missing -= taken.length;
    const content = taken.subarray(0, this.#toHash);
    this.#toHash -= content.length;
    this.#hash?.update(content);
    this.#content?.push(Buffer.from(taken));
    return bytes.subarray(taken.length);
  }

  isMissing(): boolean {
    return this.#missing > 0;
  }

  request(): Request {
    return {
      ...this.#head,
      digest: this.#promised ?? this.#hash?.digest('hex') ?? EMPTY_MD5,
      content: Buffer.concat(this.#content ?? []),
    };
  }
}

/** A body whose length nothing says before its end; what is in it is wanted. */
class ChunkedBody {
  readonly #head: Head;
  readonly #content: Buffer[] = [];
  readonly #service: Service;
  /** Came already, and is not understood yet. */
  #pending: Buffer = Buffer.alloc(0);
  /** Bytes that the begun chunk lacks. */
  #missing = 0;
  #isFirst = true;
  #isWhole = false;

  constructor(head: Head, service: Service) {
    this.#head = head;
    this.#service = service;
  }

  /** Takes what belongs to this body, and returns the rest. */
  take(bytes: Buffer): Buffer {
    let rest = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#pending = Buffer.alloc(0);
    for (;;) {
      const taken = rest.subarray(0, this.#missing);
      if (taken.length > 0) this.#content.push(Buffer.from(taken));
      this.#missing -= taken.length;
      rest = rest.subarray(taken.length);
      if (this.#missing > 0) return rest;
      // Behind each chunk is the end of a line, before the size of the next one.
      const begin = this.#isFirst ? 0 : 2;
      const end = rest.indexOf('\r\n', begin);
      const size = Number.parseInt(rest.toString('latin1', begin, Math.max(end, begin)), 16);
      if (end < 0 || (size === 0 && rest.length < end + 4)) {
        this.#pending = Buffer.from(rest);
        return Buffer.alloc(0);
      }
      this.#isWhole = size === 0;
      if (this.#isWhole) return rest.subarray(end + 4);
      this.#isFirst = false;
      this.#missing = size;
      rest = rest.subarray(end + 2);
    }
  }

  isMissing(): boolean {
    return !this.#isWhole;
  }

  request(): Request {
    const content = Buffer.concat(this.#content);
    const head = { ...this.#head, length: content.length };
    const digest = this.#service.trustsDigests ? this.#service.promisedDigest(head) : undefined;
    return { ...head, content, digest: digest ?? createHash('md5').update(content).digest('hex') };
  }
}

/** The content encoding `aws-chunked`: chunks, perhaps with signatures and a checksum at their end, in a body of known length. */
class AwsChunkedBody {
  readonly #chunks: ChunkedBody;
  #missing: number;

  constructor(head: Head, service: Service) {
    this.#chunks = new ChunkedBody(head, service);
    this.#missing = head.length;
  }

  /** Takes what belongs to this body, and returns the rest. */
  take(bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, this.#missing);
    this.#missing -= taken.length;
    if (this.#chunks.isMissing()) this.#chunks.take(taken);
    return bytes.subarray(taken.length);
  }

  isMissing(): boolean {
    return this.#missing > 0;
  }

  request(): Request {
    return this.#chunks.request();
  }
}

function parse(text: string): Head {
  const lines = text.split('\r\n');
  const [method = '', target = ''] = (lines[0] ?? '').split(' ');
  const question = target.indexOf('?');
  const path = decodeURIComponent(question < 0 ? target : target.slice(0, question));
  const slash = path.indexOf('/', 1);
  const headers = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return {
    method,
    bucket: slash < 0 ? path.slice(1) : path.slice(1, slash),
    key: slash < 0 ? '' : path.slice(slash + 1),
    query: new URLSearchParams(question < 0 ? '' : target.slice(question + 1)),
    headers,
    length: Number(headers.get('content-length') ?? 0),
  };
}
