import type { B2Settings } from './settings.js';

// https://www.backblaze.com/docs/cloud-storage-server-side-encryption: by the bucket's default, unless the request says more.

type Chosen = Pick<B2Settings, 'encryption'>;

/** Of an upload of a whole file. */
export function encryptionHeaders({ encryption }: Chosen): Readonly<Record<string, string>> {
  return encryption === 'sse-b2' ? { 'x-bz-server-side-encryption': 'AES256' } : {};
}

/** Of a large file, and of a copy; undefined: nothing is said. */
export function encryptionParameter({ encryption }: Chosen) {
  return encryption === 'sse-b2' ? ({ mode: 'SSE-B2', algorithm: 'AES256' } as const) : undefined;
}
