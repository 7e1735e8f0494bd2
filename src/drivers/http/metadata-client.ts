import type { HttpClient } from './exchange.js';
import { createHttpClient } from './http-client.js';

const CONNECT_MS = 1_000;
const MOST_BYTES = 65_536;

/**
 * A client for the service of a cloud that gives credentials to its own machines. It is one hop away or not there at all, so that a
 * connection is not waited for long. `timeoutMs`: the longest time without an answer.
 */
export function createMetadataClient(timeoutMs: number): HttpClient {
  return createHttpClient({
    connections: 1,
    connectTimeoutMs: CONNECT_MS,
    timeoutMs,
    maxAnswerBytes: MOST_BYTES,
  });
}
