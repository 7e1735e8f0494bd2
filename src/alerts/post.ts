import { type HttpClient, HttpError } from '../drivers/http/exchange.js';
import { createHttpClient } from '../drivers/http/http-client.js';
import { DeliveryError } from './delivery-error.js';

/** A request to a receiver of messages. Resolves when it answered 2xx; rejects with DeliveryError, or the signal's reason. */
export type Post = (request: PostRequest, signal: AbortSignal) => Promise<void>;

export interface PostRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON, or as plain text; undefined: nothing. */
  readonly body?: unknown;
}

export interface Poster {
  readonly post: Post;
  close(): Promise<void>;
}

const TIMEOUT_MS = 20_000;
/** A URL in a configuration is no longer than any server takes. */
const CONNECTIONS = 4;

/**
 * Sends requests to receivers, which are not trusted: redirects are not followed, and of an answer only its status counts. The
 * proxy variables of `env` are obeyed.
 */
export function createPoster(env: Readonly<Record<string, string | undefined>>): Poster {
  const client = createHttpClient({
    env,
    connections: CONNECTIONS,
    connectTimeoutMs: TIMEOUT_MS,
    timeoutMs: TIMEOUT_MS,
  });
  return {
    post: (request, signal) => post(client, request, signal),
    close: client.close,
  };
}

async function post(client: HttpClient, request: PostRequest, signal: AbortSignal): Promise<void> {
  const { method, url, headers, body } = request;
  let status: number;
  try {
    const answer = await client.stream({
      method,
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      headers: { 'user-agent': 'longshore', ...loginOf(url), ...typeOf(body), ...headers },
      ...(body === undefined ? {} : { body: bytesOf(body) }),
      signal,
    });
    status = answer.status;
    for await (const _ of answer.body) break; // releases the connection
  } catch (error) {
    signal.throwIfAborted();
    throw new DeliveryError(`${url.host}: ${reasonOf(error)}`);
  }
  if (status < 200 || status > 299)
    throw new DeliveryError(`${url.host}: answered ${status}${adviceOn(status)}`);
}

function loginOf({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '') return {};
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}

function typeOf(body: unknown): Readonly<Record<string, string>> {
  if (body === undefined) return {};
  return {
    'content-type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json',
  };
}

function bytesOf(body: unknown): Uint8Array {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Without the path of the URL, which is a secret at many services. */
function reasonOf(error: unknown): string {
  if (!(error instanceof HttpError)) return 'the request failed';
  const what = {
    unreachable: 'cannot connect',
    timeout: 'no answer in time',
    broken: 'the connection broke',
  };
  return `${what[error.kind]}${error.code === undefined ? '' : ` (${error.code})`}`;
}

function adviceOn(status: number): string {
  if (status >= 300 && status < 400)
    return ' (a redirect, which is not followed: write the final URL)';
  if (status === 401 || status === 403) return ' (is the token right?)';
  if (status === 404) return ' (is the URL right?)';
  return '';
}
