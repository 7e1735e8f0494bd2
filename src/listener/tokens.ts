import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';

/** `metrics` opens `/metrics` and nothing else. */
export type TokenRole = 'read' | 'decide' | 'metrics';

export interface TokenSource {
  readonly role: TokenRole;
  /** As in the configuration, for messages: `status.token`. */
  readonly setting: string;
  /** The present token; throws where it cannot be had. */
  lookUp(): string;
}

export interface KnownToken {
  readonly role: TokenRole;
  /** Names this token until it changes, and says nothing of its content. */
  readonly id: string;
}

export interface Tokens {
  /** Undefined: it is none of ours. All of them are compared, in the same time whatever is presented. */
  find(presented: string): KnownToken | undefined;
  /** False once the token has changed. */
  isCurrent(id: string): boolean;
}

/** A token is not one that a listener takes. The message names the setting, never the content. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

/** What `Authorization: Bearer` can carry (RFC 6750, section 2.1), and long enough that no guessing finds it. */
const TOKEN = /^[A-Za-z0-9._~+/-]{32,512}=*$/;

/** How long a token is trusted to be that of its file. */
const FRESH_MS = 1_000;

interface Held extends KnownToken {
  readonly digest: Buffer;
}

/**
 * Looks each token up again, at most once a second, so that a changed file is a changed token. One that cannot be had for the
 * moment stays what it was.
 *
 * @throws TokenError, or what `lookUp` throws, when one cannot be had at the beginning, is too short, or is another's too
 */
export function openTokens(
  sources: readonly TokenSource[],
  { clock, log }: { readonly clock: Pick<Clock, 'monotonic'>; readonly log: Logger },
): Tokens {
  let held = sources.map((source) => hold(source, undefined));
  refuseEqual(sources, held);
  let lookedUp = clock.monotonic();
  let failing = false;

  function refresh(): void {
    if (clock.monotonic() - lookedUp < FRESH_MS) return;
    lookedUp = clock.monotonic();
    try {
      const now = sources.map((source, at) => hold(source, held[at]));
      refuseEqual(sources, now);
      held = now;
      failing = false;
    } catch (error) {
      if (!failing) log.warn('token of the status page not read', { error });
      failing = true;
    }
  }

  return {
    find(presented) {
      refresh();
      const digest = sha256(presented);
      // No way out of the loop: its time does not depend on which of them it is.
      let found: Held | undefined;
      for (const each of held) if (timingSafeEqual(each.digest, digest)) found = each;
      return found && { role: found.role, id: found.id };
    },
    isCurrent(id) {
      refresh();
      return held.some((each) => each.id === id);
    },
  };
}

function hold({ role, setting, lookUp }: TokenSource, before: Held | undefined): Held {
  const token = lookUp();
  if (!TOKEN.test(token))
    throw new TokenError(
      `${setting}: expected at least 32 characters of A-Z a-z 0-9 . _ ~ + / - (the command "openssl rand -hex 32" makes such a token)`,
    );
  const digest = sha256(token);
  if (before !== undefined && timingSafeEqual(before.digest, digest)) return before;
  return { role, digest, id: randomBytes(6).toString('hex') };
}

/** The role of a token would depend on the order of the settings. */
function refuseEqual(sources: readonly TokenSource[], held: readonly Held[]): void {
  for (const [at, { digest }] of held.entries()) {
    const twin = held.findIndex((each) => each.digest.equals(digest));
    if (twin < at)
      throw new TokenError(
        `${sources[at]?.setting} is the same token as ${sources[twin]?.setting}: expected another one`,
      );
  }
}

/** Of equal length for all texts, so that a comparison takes the same time. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
