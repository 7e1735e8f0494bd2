/**
 * Percent-encodes a container's or an object's name for a path; `/` and dots stay: they are parts of a name like any other. B2 takes
 * names in headers like that, too (https://www.backblaze.com/docs/cloud-storage-native-api-string-encoding).
 */
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
