/** Longest file name that file systems take, in characters that are escaped at most twelvefold here. */
const LONGEST = 200;

/**
 * The value of `Content-Disposition` for a download under the last part of a name (RFC 6266, RFC 8187). A browser saves it and
 * never shows it; what a name holds is no more than a name there: no path, no line end, no mark that reorders text.
 */
export function attachmentOf(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1).slice(-LONGEST);
  const plain = last.replace(
    /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff/\\:]/gu,
    '_',
  );
  const named = plain.replace(/^\.+$/, '') || 'object';
  const ascii = named.replace(/[^\x20-\x7e]|["%*?<>|]/gu, '_');
  const encoded = encodeURIComponent(named).replace(
    /['()*!]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
