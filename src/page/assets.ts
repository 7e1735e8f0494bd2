import { readFileSync } from 'node:fs';
import { packageFile } from '../package-files.js';

/** Where the files of the page are served. */
export const PAGE_FILES = {
  style: '/page.css',
  script: '/page.js',
  theme: '/theme.js',
} as const;

export interface PageAsset {
  /** As in `/page.css`. */
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
}

const TYPES = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
} as const;

let read: readonly PageAsset[] | undefined;

/** The fixed table of the files that the page consists of; nothing else is served. @throws when the build has not made them */
export function pageAssets(): readonly PageAsset[] {
  read ??= Object.values(PAGE_FILES).map((path) => ({
    path,
    contentType: path.endsWith('.css') ? TYPES.css : TYPES.js,
    body: readFileSync(packageFile(`dist/bundle/page${path}`)),
  }));
  return read;
}
