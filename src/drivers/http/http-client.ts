import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { onAbort } from '../../signal.js';
import { createAddresses, watched } from './addresses.js';
import { type AnswerSink, bufferedAnswer, streamedAnswer } from './answer.js';
import { exactly } from './exact-body.js';
import {
  type HttpAnswer,
  type HttpBody,
  type HttpClient,
  HttpError,
  type HttpRequest,
  type HttpStream,
} from './exchange.js';
import { httpError } from './failure.js';
import { type AnswerHandler, quickRequests } from './quick-requests.js';

export interface HttpOptions {
  /** Connections to one host. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  /** Longest silence of the server: before its headers, and between two pieces of its body. */
  readonly timeoutMs?: number;
  /** PEM of the authorities to trust instead of the built-in ones. */
  readonly ca?: string;
  /** Default true. */
  readonly verifyTls?: boolean;
  /** Where `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` are looked up, in either case. Default: no proxy. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Resolves names, as `dns.lookup` does, which is the default. */
  readonly lookup?: LookupFunction;
  /** Largest answer that `request` takes into memory. */
  readonly maxAnswerBytes?: number;
}

const DEFAULTS = {
  connections: 64,
  connectTimeoutMs: 10_000,
  timeoutMs: 60_000,
  maxAnswerBytes: 64 * 2 ** 20,
};

/**
 * undici restarts its wait for an answer with each chunk of a body that the connection did not take at once. A chunk of
 * this size may take so many times the timeout: 5 minutes a MiB, which is a line that 32 uploads at once share.
 */
const CHUNK = 2 ** 20;
const TIMEOUTS_PER_CHUNK = 4;

/**
 * HTTP/1.1 over pools of kept-alive connections, one request at a time on each. The only file that knows undici; its
 * `dispatch` costs a fifth of the CPU of `fetch`.
 */
export function createHttpClient(options: HttpOptions = {}): HttpClient {
  const settings = { ...DEFAULTS, ...options };
  let dispatcher: Promise<Connections> | undefined;
  let closed: Promise<void> | undefined;

  const headersTimeoutMs = ({ answerWithinMs, body }: HttpRequest) =>
    answerWithinMs ?? Math.ceil(settings.timeoutMs * (1 + TIMEOUTS_PER_CHUNK * chunkShare(body)));

  async function connections(): Promise<Connections> {
    if (closed !== undefined)
      throw new HttpError('the client was closed', 'broken', undefined, undefined);
    dispatcher ??= createDispatcher(settings).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new HttpError(
        `no connection can be set up with these settings (proxy, ca_file): ${reason}`,
        'unreachable',
        undefined,
        error,
      );
    });
    return dispatcher;
  }

  const send = async <T>(request: HttpRequest, answer: AnswerSink<T>): Promise<T> =>
    exchange(await connections(), request, headersTimeoutMs(request), settings.timeoutMs, answer);

  return {
    request: (request): Promise<HttpAnswer> =>
      send(request, bufferedAnswer(settings.maxAnswerBytes)),
    stream: (request): Promise<HttpStream> => send(request, streamedAnswer(request.signal)),
    async openRequests(ends, signal) {
      const opened = await connections();
      const dispatch = (request: HttpRequest, handler: AnswerHandler) => {
        const { origin, path, headers } = request;
        const method = request.method as Dispatcher.HttpMethod;
        const body = request.body as Uint8Array;
        const timeouts = {
          headersTimeout: headersTimeoutMs(request),
          bodyTimeout: settings.timeoutMs,
        };
        opened.dispatch({ origin, path, method, headers, body, ...timeouts }, handler);
      };
      const { maxAnswerBytes } = settings;
      return quickRequests({ dispatch, maxAnswerBytes }, ends, signal);
    },
    close() {
      closed ??= Promise.resolve(dispatcher).then(
        (opened) => opened?.destroy(),
        () => undefined,
      );
      return closed;
    },
  };
}

type Connections = Pick<Dispatcher, 'dispatch' | 'destroy'>;

/** undici takes longer to load than the rest of the program: a command that uses no provider does not wait for it. */
async function createDispatcher(settings: HttpOptions & typeof DEFAULTS): Promise<Connections> {
  const { Agent, EnvHttpProxyAgent, buildConnector } = await import('undici');
  const { env = {} } = settings;
  const requestTls = {
    timeout: settings.connectTimeoutMs,
    rejectUnauthorized: settings.verifyTls ?? true,
    ...(settings.ca && { ca: settings.ca }),
  };
  const addresses = createAddresses(settings.lookup);
  const connect = watched(buildConnector({ ...requestTls, lookup: addresses.lookup }), addresses);
  const agentOptions = { connections: settings.connections, pipelining: 1, connect };
  // As in curl: for what has no proxy of its own. An empty variable means that there is none.
  const everyProxy = env['all_proxy'] ?? env['ALL_PROXY'] ?? '';
  const proxies = {
    // An empty string keeps undici from looking into process.env on its own.
    httpProxy: env['http_proxy'] ?? env['HTTP_PROXY'] ?? everyProxy,
    httpsProxy: env['https_proxy'] ?? env['HTTPS_PROXY'] ?? everyProxy,
    noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
  };
  if (proxies.httpProxy === '' && proxies.httpsProxy === '') return new Agent(agentOptions);
  const proxied = new EnvHttpProxyAgent({ ...agentOptions, ...proxies, requestTls });
  if (proxies.httpsProxy !== '') return proxied;
  // undici would take http_proxy for https as well; curl does not, nor does the user who set it expect it.
  const direct = new Agent(agentOptions);
  return {
    dispatch: (request, handler) =>
      (String(request.origin).startsWith('https:') ? direct : proxied).dispatch(request, handler),
    destroy: async () => void (await Promise.all([direct.destroy(), proxied.destroy()])),
  };
}

function chunkShare(body: HttpBody | undefined): number {
  if (body === undefined) return 0;
  return Math.min(body instanceof Uint8Array ? body.byteLength : body.size, CHUNK) / CHUNK;
}

function exchange<T>(
  dispatcher: Connections,
  request: HttpRequest,
  headersTimeout: number,
  bodyTimeout: number,
  answer: AnswerSink<T>,
): Promise<T> {
  const { signal } = request;
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    let controller: Dispatcher.DispatchController | undefined;
    let sourceFailure: { readonly error: unknown } | undefined;
    let settled = false;

    let finish = () => {};
    const fail = (error: unknown) => {
      finish();
      answer.failed(error);
      if (!settled) reject(error);
      settled = true;
      controller?.abort(error instanceof Error ? error : new Error('aborted', { cause: error }));
    };
    finish = onAbort(signal, () => fail(signal.reason));

    const body = openBody(request.body, (error) => {
      sourceFailure = { error };
    });
    dispatcher.dispatch(
      {
        origin: request.origin,
        path: request.path,
        method: request.method as Dispatcher.HttpMethod,
        headers:
          body.size === undefined
            ? request.headers
            : { ...request.headers, 'content-length': String(body.size) },
        // undici takes async iterables (docs/api/Dispatcher.md); its types do not say so.
        body: body.content as Uint8Array | null,
        headersTimeout,
        bodyTimeout,
        // undici would close the connection after each HEAD, for servers that answer it with a body; storage does not.
        ...(request.method === 'HEAD' && { reset: false }),
      },
      {
        onRequestStart(started) {
          controller = started;
          if (settled) started.abort(new Error('aborted before it was sent'));
        },
        onResponseStart(started, status, headers) {
          if (status < 200 || settled) return;
          answer.started(started, status, headers, (value) => {
            settled = true;
            resolve(value);
          });
        },
        onResponseData: (_, chunk) => answer.received(chunk),
        onResponseEnd() {
          finish();
          answer.ended((value) => {
            settled = true;
            resolve(value);
          });
        },
        onResponseError: (_, error) =>
          fail(sourceFailure ? sourceFailure.error : httpError(error, request)),
      },
    );
  });
}

interface OpenedBody {
  readonly size: number | undefined;
  readonly content: Uint8Array | AsyncIterable<Uint8Array> | null;
}

function openBody(body: HttpBody | undefined, failed: (error: unknown) => void): OpenedBody {
  if (body === undefined) return { size: undefined, content: null };
  if (body instanceof Uint8Array) return { size: body.byteLength, content: body };
  return { size: body.size, content: remember(exactly(body.size, body.open()), failed) };
}

/** undici reports a failing source in words of its own; the caller is owed the source's error itself. */
async function* remember(
  source: AsyncIterable<Uint8Array>,
  failed: (error: unknown) => void,
): AsyncIterable<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    failed(error);
    throw error;
  }
}
