/** Redis, or what is in it, cannot be used until a person changes something there. The message says what. */
export class RedisUnfitError extends Error {
  override readonly name = 'RedisUnfitError';
}

/** What the user of longshore must be allowed in Redis (`ACL SETUSER`), as docs/several-machines.md has it. */
const RIGHTS = '~longshore:* &longshore:* +@all -@admin -@dangerous +info +client';

/** By the first word of an error reply, which is its code (https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors). */
const REPLIES: Readonly<Record<string, string>> = {
  WRONGPASS: 'Redis refuses the user or the password: see queue.redis.username and password',
  NOAUTH: 'Redis wants a password: set queue.redis.password, and username where it has users',
  NOPERM: `the user may not do what a queue needs; give it these rights: ${RIGHTS}`,
  READONLY: 'this Redis is a replica, which takes no jobs: name the one that is written to',
  MOVED: 'this Redis is part of a cluster, which has no place for a queue: name a Redis of its own',
  MISCONF: 'Redis cannot write to its disk, and takes no changes: see its log',
};

/** Codes of Node and OpenSSL for a certificate that is not to be trusted. */
const CERTIFICATES: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The first word of an error that Redis answered with; undefined: it is another error. */
export function replyCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return undefined;
  return /^[A-Z]+(?= |$)/.exec(error.message)?.[0];
}

/** What a person must do about an error of Redis or of the connection to it; undefined: it may pass by itself. */
export function unfitBy(error: unknown): RedisUnfitError | undefined {
  if (error instanceof RedisUnfitError) return error;
  const why = advice(error);
  return why === undefined ? undefined : new RedisUnfitError(why, { cause: error });
}

function advice(error: unknown): string | undefined {
  const reply = REPLIES[replyCode(error) ?? ''];
  if (reply !== undefined) return reply;
  if (!(error instanceof Error)) return undefined;
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') return undefined;
  return CERTIFICATES.has(code)
    ? `the certificate of Redis is not to be trusted (${message}): set queue.redis.ca to the file of who signed it`
    : undefined;
}
