import { SESSION_MS } from './limits.js';

/**
 * All ports of a host share their cookies, so that the name has the port. A name that begins with `__Host-` is taken by
 * browsers only with Secure, `Path=/` and without a domain (RFC 6265bis, section 4.1.3.2).
 */
export function cookieNameOf(port: number | undefined, secure: boolean): string {
  return `${secure ? '__Host-' : ''}longshore-${port ?? 'page'}`;
}

/** The value of a cookie in a `Cookie` header; undefined when it is not there, or is there twice. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

/** A `Set-Cookie` header. Without a value the browser forgets the cookie. */
export function setCookie(name: string, value: string | undefined, secure: boolean): string {
  const seconds = value === undefined ? 0 : SESSION_MS / 1_000;
  return `${name}=${value ?? ''}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}
