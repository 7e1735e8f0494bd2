import type { IncomingMessage } from 'node:http';

/** A request's head as it was sent: nothing is normalised. */
export interface RequestHead {
  readonly method: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  /** Decoded. */
  readonly query: ReadonlyMap<string, string>;
  /** A header that was sent several times is joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
}

export function readHead(message: IncomingMessage): RequestHead {
  const [rawPath = '/', rawQuery = ''] = (message.url ?? '/').split(/\?(.*)/s, 2);
  const query = new Map<string, string>();
  for (const pair of rawQuery === '' ? [] : rawQuery.split('&')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s, 2);
    query.set(decodeURIComponent(name), decodeURIComponent(value.replaceAll('+', ' ')));
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    headers[name] = Array.isArray(value) ? value.join(',') : (value ?? '');
  return { method: message.method ?? 'GET', rawPath, rawQuery, query, headers };
}
