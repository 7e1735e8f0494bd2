import type { Role } from '../model.js';
import { request } from './platform.js';

const API = '/api/v1';

/** What the server has written into the document about its reader. */
export interface PageFacts {
  readonly zone: string;
  readonly role: Role;
  readonly csrf: string | undefined;
}

export function pageFacts(): PageFacts {
  const { zone = 'UTC', role, csrf } = document.documentElement.dataset;
  return { zone, role: role === 'decide' ? 'decide' : 'read', csrf };
}

/** The daemon refused; the message is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** Of HTTP. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** See Ask: a GET of the API, undefined for what it does not have. @throws ApiError, TypeError when it cannot be reached */
export async function ask(target: string): Promise<unknown> {
  const response = await request(`${API}${target}`, { headers: { accept: 'application/json' } });
  if (response.status === 404 || response.status === 405) return undefined;
  return answerOf(response);
}

/** An order to the daemon. @throws ApiError, TypeError when it cannot be reached */
export async function order(target: string, body: object): Promise<unknown> {
  const { csrf } = pageFacts();
  const response = await request(`${API}${target}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(csrf === undefined ? {} : { csrf }) },
    body: JSON.stringify(body),
  });
  return answerOf(response);
}

async function answerOf(response: Response): Promise<unknown> {
  if (response.status === 401) {
    location.reload(); // the session has ended: the server shows how to sign in
    throw new ApiError(401, 'this session has ended');
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const said = (answer as { readonly error?: unknown } | undefined)?.error;
  throw new ApiError(
    response.status,
    typeof said === 'string' ? said : `longshore answers ${response.status}`,
  );
}

/** Opens the stream of events after one of them. Resolves with its pieces of text; `heard` comes with every byte. */
export async function openEvents(
  afterId: string | undefined,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  const response = await request(`${API}/events`, {
    signal,
    headers: {
      accept: 'text/event-stream',
      ...(afterId === undefined ? {} : { 'last-event-id': afterId }),
    },
  });
  if (!response.ok || response.body === null) {
    await answerOf(response);
    throw new ApiError(response.status, 'there is no stream of events');
  }
  return textOf(response.body);
}

async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield decoder.decode(value, { stream: true });
  }
}
