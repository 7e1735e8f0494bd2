/** Percent-encodes a blob's name for a path; `/` stays: it is a part of a name like any other. */
export function encodePath(path: string): string {
  return /^[A-Za-z0-9_.~/-]*$/.test(path)
    ? path
    : path.split('/').map(encodeURIComponent).join('/');
}

/** Name and value pairs as a query, without `?`; pairs without a value are skipped. */
export function encodeQuery(parameters: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(parameters)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
    )
    .join('&');
}
