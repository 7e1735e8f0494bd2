/** Percent-encodes a name, as B2 takes it in headers and paths; `/` and dots stay. https://www.backblaze.com/docs/cloud-storage-native-api-string-encoding */
export function encodeName(name: string): string {
  return /^[A-Za-z0-9_.~/-]*$/.test(name)
    ? name
    : name.split('/').map(encodeURIComponent).join('/');
}
