import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../clock.js';
import { SESSION_MS, SESSIONS } from './limits.js';
import type { KnownToken, TokenRole, Tokens } from './tokens.js';

/** Who a request comes from: a browser that has signed in, or a caller that sends the token itself. */
export interface Session {
  /** For the log; the cookie is not to be had from it. */
  readonly id: string;
  readonly role: TokenRole;
  /** Of the token that it came from. */
  readonly tokenId: string;
  /** What each change has to carry beside the cookie; undefined for a caller that sends the token. */
  readonly csrf: string | undefined;
  /** Aborted when the session ends: its streams end with it. */
  readonly ended: AbortSignal;
}

/** Sessions in memory: a daemon that starts again has none. */
export interface Sessions {
  /** Begins a session for a browser. `cookie` is the secret that the browser keeps; it is not the token. */
  signIn(token: KnownToken): { readonly session: Session; readonly cookie: string };
  ofCookie(cookie: string): Session | undefined;
  /** The one session of all callers that send this token. */
  ofToken(token: KnownToken): Session;
  signOut(session: Session): void;
  /** Ends the sessions that are too old, and those whose token has changed. */
  sweep(): void;
  /** Ends all of them. */
  close(): void;
}

interface Open {
  readonly session: Session;
  readonly untilMs: number;
  readonly end: AbortController;
}

export function createSessions(tokens: Tokens, clock: Pick<Clock, 'monotonic'>): Sessions {
  /** By the digest of the cookie: what is in memory opens no session. */
  const byCookie = new Map<string, Open>();
  const byToken = new Map<string, Open>();

  function begin({ id: tokenId, role }: KnownToken, id: string, csrf: string | undefined): Open {
    const end = new AbortController();
    const untilMs = csrf === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() + SESSION_MS;
    return { session: { id, role, tokenId, csrf, ended: end.signal }, untilMs, end };
  }

  function endWhere(ends: (open: Open) => boolean): void {
    for (const map of [byCookie, byToken])
      for (const [key, open] of map) {
        if (!ends(open)) continue;
        map.delete(key);
        open.end.abort(new Error('the session has ended'));
      }
  }

  const isOver = ({ session, untilMs }: Open) =>
    clock.monotonic() >= untilMs || !tokens.isCurrent(session.tokenId);

  return {
    signIn(token) {
      const [oldest] = byCookie.values();
      if (byCookie.size >= SESSIONS) endWhere((open) => open === oldest);
      const cookie = random();
      const open = begin(token, randomBytes(6).toString('hex'), random());
      byCookie.set(digestOf(cookie), open);
      return { session: open.session, cookie };
    },
    ofCookie(cookie) {
      const open = byCookie.get(digestOf(cookie));
      if (open === undefined) return undefined;
      if (!isOver(open)) return open.session;
      endWhere((each) => each === open);
      return undefined;
    },
    ofToken(token) {
      const open = byToken.get(token.id) ?? begin(token, `token-${token.id}`, undefined);
      byToken.set(token.id, open);
      return open.session;
    },
    signOut: (session) => endWhere((open) => open.session === session),
    sweep: () => endWhere(isOver),
    close: () => endWhere(() => true),
  };
}

function random(): string {
  return randomBytes(32).toString('base64url');
}

function digestOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('base64url');
}
