import type { IncomingHttpHeaders } from 'node:http';
import { HEADERS, TARGET_BYTES } from './limits.js';
import { type OwnNames, ownOrigin } from './own-names.js';
import { type Refusal, refuse } from './refusal.js';
import { hasTokenInQuery, parseTarget, type Target } from './target-form.js';

/** What is known of a request before its body. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[];
}

export interface Admitted {
  readonly target: Target;
  /** Of the page as this browser sees it, as in `http://127.0.0.1:7460`. */
  readonly origin: string;
  readonly secure: boolean;
}

/** Two of them mean that the sender, a proxy and this program may each believe another one. */
const ONCE = ['host', 'origin', 'authorization', 'content-type', 'csrf', 'sec-fetch-site'];

/**
 * Judges where a request comes from, before its path means anything: 431 and 414 for one that is too large, 421 for a foreign
 * `Host`, 400 for a token in the query, 403 for one that another site has made the browser send (Fetch standard, `Origin`;
 * Fetch Metadata, `Sec-Fetch-Site`), 404 for a path that is no plain one.
 */
export function admit(head: RequestHead, own: OwnNames): Admitted | Refusal {
  const names = head.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  if (names.length > HEADERS) return refuse(431, `more than ${HEADERS} headers`);
  const twice = ONCE.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) return refuse(400, `the header ${twice} stands twice`);
  if (head.target.length > TARGET_BYTES)
    return refuse(414, `the address is longer than ${TARGET_BYTES} bytes`);
  const origin = ownOrigin(own, head.headers.host);
  if (origin === undefined)
    return refuse(421, 'this name is not one of the page: add it to status.hosts, if it is yours');
  if (hasTokenInQuery(head.target))
    return refuse(400, 'a token belongs into the header Authorization, never into an address');
  const foreign = foreignness(head, origin);
  if (foreign !== undefined) return foreign;
  const target = parseTarget(head.target);
  if (target === undefined) return refuse(404, 'there is nothing at this address');
  return { target, origin, secure: origin.startsWith('https:') };
}

export function isRefusal(verdict: object): verdict is Refusal {
  return 'error' in verdict;
}

function foreignness({ method, headers }: RequestHead, own: string): Refusal | undefined {
  const { origin } = headers;
  if (origin !== undefined && origin.toLowerCase() !== own)
    return refuse(403, 'this request comes from another site');
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return refuse(403, 'another site has led here: open the page from the address bar');
  const changes = method !== 'GET' && method !== 'HEAD';
  if (changes && origin === undefined && !isBearer(headers.authorization))
    return refuse(403, 'a request without Origin needs the token in the header Authorization');
  return undefined;
}

export function isBearer(authorization: string | undefined): boolean {
  return /^bearer /i.test(authorization ?? '');
}
