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
  /** Hex MD5 of the body of a PUT: what arrived, or what the client promised when that is trusted. */
  readonly md5: string;
  /** The body, where the server wants it. */
  readonly content: Buffer;
}

type Head = Omit<Request, 'md5' | 'content'>;

/** A whole answer, with status line and headers: at once, or in pieces, which are asked for as the client takes them. */
export type Answer = string | Buffer | Generator<string | Buffer, void>;

interface Service {
  /** True: a digest that the client promises is not computed again, which would take CPU time of the clients. */
  readonly trustsContentMd5: boolean;
  /** Whether the body of a request is kept for `answer`. */
  wantsContent(head: Head): boolean;
  /** Gives the answer to `send`, now or later. */
  answer(request: Request, send: (answer: Answer) => void): void;
}

/** Serves the requests of one connection, one after the other. */
export function serve(socket: Socket, service: Service): void {
  let buffer: Buffer = Buffer.alloc(0);
  let body: Body | undefined;
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
        body = new Body(head, service);
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

/** The body of a request as it arrives. */
class Body {
  readonly #head: Head;
  readonly #promised: string | undefined;
  readonly #hash: Hash | undefined;
  readonly #content: Buffer[] | undefined;
  #missing: number;

  constructor(head: Head, service: Service) {
    this.#head = head;
    this.#missing = head.length;
    const promised = head.headers.get('content-md5');
    if (promised !== undefined && service.trustsContentMd5)
      this.#promised = Buffer.from(promised, 'base64').toString('hex');
    else if (head.method === 'PUT') this.#hash = createHash('md5');
    if (service.wantsContent(head)) this.#content = [];
  }

  /** Takes what belongs to this body, and returns the rest. */
  take(bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, this.#missing);
    this.#missing -= taken.length;
    this.#hash?.update(taken);
    this.#content?.push(Buffer.from(taken));
    return bytes.subarray(taken.length);
  }

  isMissing(): boolean {
    return this.#missing > 0;
  }

  request(): Request {
    return {
      ...this.#head,
      md5: this.#promised ?? this.#hash?.digest('hex') ?? '',
      content: Buffer.concat(this.#content ?? []),
    };
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
