const UNRESERVED = /^[A-Za-z0-9_.~-]*$/;
const UNRESERVED_PATH = /^[A-Za-z0-9_.~/-]*$/;

/** Percent-encodes all but RFC 3986's unreserved characters, as SigV4 demands. Throws on a lone surrogate. */
export function encode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The same, with `/` left alone. `.` and `..` stay as they are: they are parts of a key like any other. */
export function encodePath(path: string): string {
  return UNRESERVED_PATH.test(path) ? path : path.split('/').map(encode).join('/');
}

/**
 * Name and value pairs as a query, without `?`, in the order of SigV4's canonical form, so that it can be signed as it
 * is sent. A sub-resource such as `uploads` is a name with an empty value.
 */
export function encodeQuery(parameters: Readonly<Record<string, string | undefined>>): string {
  const pairs: (readonly [string, string])[] = [];
  for (const name in parameters) {
    const value = parameters[name];
    if (value !== undefined) pairs.push([encode(name), encode(value)]);
  }
  // Encoded text is ASCII, so JavaScript's order is the byte order that is asked for.
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

/**
 * Undoes `encoding-type=url`: some providers write a space as `+`, and all write `+` as `%2B`. Text that cannot be
 * decoded was not encoded, whatever the answer says, and is returned unchanged.
 */
export function decodeListed(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    return text;
  }
}
