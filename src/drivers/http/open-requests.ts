import type { Call } from '../call.js';
import type { HttpClient, HttpRequest, RequestEnds } from './exchange.js';
import { fromTransport } from './refusal.js';

/** Requests of one provider, under way at once without a promise for each. */
export interface OpenRequests<R> {
  /** The end may be reported before this returns. */
  begin(request: R): void;
  close(): void;
}

/** Requests that are prepared when they are begun, and fail as those of `request` do when there is no answer. */
export async function openRequests<R>(
  http: HttpClient,
  { answered, failed }: RequestEnds<R>,
  prepare: (request: R) => HttpRequest,
  driver: string,
  { signal }: Call,
): Promise<OpenRequests<R>> {
  const ends: RequestEnds<R> = {
    answered,
    failed: (request, error) => failed(request, fromTransport(error, driver)),
  };
  const requests = await http.openRequests<R>(ends, signal).catch((error: unknown) => {
    throw fromTransport(error, driver);
  });
  return {
    begin: (request) => requests.begin(prepare(request), request),
    close: () => requests.close(),
  };
}
