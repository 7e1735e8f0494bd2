import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { callerAddress } from './caller-address.js';
import { cookieIn } from './cookie.js';
import type { Guesses } from './guesses.js';
import { WRONG_TOKEN_DELAY_MS } from './limits.js';
import { type Refusal, refuse } from './refusal.js';
import type { Session, Sessions } from './sessions.js';
import type { KnownToken, Tokens } from './tokens.js';

export interface Authority {
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly guesses: Guesses;
  /** Those that are believed about who is behind them; undefined: none. */
  readonly proxies: BlockList | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A scheme that no browser sends by itself, or asks a password for. */
const ASK = { 'www-authenticate': 'Bearer' };

/**
 * The token, or a refusal after a delay: 401 for a wrong one, 429 without a look at it after too many from the same address.
 * Rejects when the caller goes meanwhile.
 */
export async function judgeToken(
  presented: string,
  address: string,
  { tokens, guesses, clock, log }: Authority,
  signal: AbortSignal,
): Promise<KnownToken | Refusal> {
  const blockedMs = guesses.blockedMs(address);
  if (blockedMs > 0) {
    const seconds = Math.ceil(blockedMs / 1_000);
    return refuse(429, `too many wrong tokens: the next one is read in ${seconds} s`, {
      'retry-after': String(seconds),
    });
  }
  const known = tokens.find(presented);
  if (known !== undefined) return known;
  guesses.wrong(address);
  log.warn('wrong token at the status page', { address });
  await clock.sleep(WRONG_TOKEN_DELAY_MS, signal);
  return refuse(401, 'this token is not valid', ASK);
}

/** Who the request comes from: by the token in `Authorization`, or else by the cookie of a session. */
export async function authenticate(
  request: IncomingMessage,
  cookieName: string,
  authority: Authority,
  signal: AbortSignal,
): Promise<Session | Refusal> {
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined) {
    const token = /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
    const known = await judgeToken(
      token,
      callerAddress(request, authority.proxies),
      authority,
      signal,
    );
    return 'error' in known ? known : authority.sessions.ofToken(known);
  }
  const value = cookieIn(cookie, cookieName);
  const session = value === undefined ? undefined : authority.sessions.ofCookie(value);
  return session ?? refuse(401, 'sign in, or send the token in the header Authorization', ASK);
}
