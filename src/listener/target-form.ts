/** A request target in origin form (RFC 9112, section 3.2.1), taken apart. */
export interface Target {
  /** As it was sent: begins with one slash, without empty parts, `.` or `..`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/**
 * Undefined for each other form (absolute, `*`, `host:port`), for backslashes, fragments and bytes outside of visible ASCII,
 * and for a path whose meaning depends on who decodes it: encoded slashes, dots, zeros and control characters.
 */
export function parseTarget(target: string): Target | undefined {
  if (!/^\/[\x21-\x7e]*$/.test(target) || /[\\#]/.test(target)) return undefined;
  const [path = '', ...rest] = target.split('?');
  return isPlainPath(path) ? { path, query: new URLSearchParams(rest.join('?')) } : undefined;
}

function isPlainPath(path: string): boolean {
  if (path === '/') return true;
  return path.slice(1).split('/').every(isPlainPart);
}

function isPlainPart(part: string): boolean {
  if (/%(?![\da-f]{2})/i.test(part)) return false;
  // Slash, backslash, percent (decoded twice it could become any of them), control characters.
  if (/%(?:2f|5c|25|[01][\da-f]|7f)/i.test(part)) return false;
  const dots = part.replace(/%2e/gi, '.');
  return dots !== '' && dots !== '.' && dots !== '..';
}

/** Whether a token stands in the query, where logs, histories and referrers would keep it. */
export function hasTokenInQuery(target: string): boolean {
  const at = target.indexOf('?');
  if (at < 0) return false;
  return [...new URLSearchParams(target.slice(at + 1)).keys()].some((name) =>
    /^(access_|read_|metrics_)?token$/i.test(name.trim()),
  );
}
