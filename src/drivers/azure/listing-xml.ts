import { unescapeXml } from '../http/unescape-xml.js';

/** A blob, or a version of one, as a listing has it. */
export interface ListedBlob {
  readonly name: string;
  /** Properties and other elements by their names, such as `Content-Length`; unescaped. */
  readonly fields: ReadonlyMap<string, string>;
  /** By the names that the service has; undefined where the listing has none. */
  readonly metadata: ReadonlyMap<string, string> | undefined;
}

export interface BlobListing {
  readonly blobs: readonly ListedBlob[];
  /** Where the next page begins; undefined on the last. */
  readonly nextMarker: string | undefined;
}

const END = '</EnumerationResults>';

/**
 * A listing of blobs; undefined when it is not a whole one. Read by hand: a general parser takes ten times as long, and white space
 * at the ends of names counts. The form is fixed: https://learn.microsoft.com/rest/api/storageservices/list-blobs
 */
export function readBlobListing(text: string): BlobListing | undefined {
  const end = text.lastIndexOf(END);
  if (end < 0 || text.slice(end + END.length).trim() !== '') return undefined;
  const blobs: ListedBlob[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf('<Blob>', from);
    if (start < 0) break;
    const stop = text.indexOf('</Blob>', start);
    if (stop < 0) return undefined;
    const blob = readBlob(text.slice(start + 6, stop));
    if (blob === undefined) return undefined;
    blobs.push(blob);
    from = stop + 7;
  }
  const rest = text.slice(from, end);
  if (/<Blobs>/.test(text.slice(0, end)) && !/<\/Blobs>/.test(rest)) return undefined;
  const marker = /<NextMarker>([^<]*)<\/NextMarker>/.exec(rest)?.[1];
  if (marker === undefined && !/<NextMarker\s*\/>/.test(rest)) return undefined;
  return {
    blobs,
    nextMarker: marker === undefined || marker === '' ? undefined : unescapeXml(marker),
  };
}

/** Elements without children, in their order. */
const LEAF = /<([\w.:-]+)(?:\s[^>]*)?>([^<]*)<\/\1>/g;

function readBlob(text: string): ListedBlob | undefined {
  const [, encoded, written] =
    /^\s*<Name(\s+Encoded="true")?[^>]*>([^<]*)<\/Name>/.exec(text) ?? [];
  if (written === undefined) return undefined;
  const name = encoded === undefined ? unescapeXml(written) : decoded(unescapeXml(written));
  const [described, inner = ''] = /<Metadata>(.*)<\/Metadata>|<Metadata\s*\/>/s.exec(text) ?? [];
  return {
    name,
    fields: leaves(described === undefined ? text : text.replace(described, () => '')),
    metadata: described === undefined ? undefined : leaves(inner),
  };
}

function leaves(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(LEAF)) found.set(name, unescapeXml(value));
  return found;
}

/** A name with characters that XML cannot hold comes percent-encoded (from version 2021-02-12 on). */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
