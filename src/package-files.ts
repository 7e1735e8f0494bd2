import { readFileSync } from 'node:fs';

/** A file of the installed package. This module has the same depth when it is bundled: dist/src, dist/bundle. */
export function packageFile(
  name:
    | 'package.json'
    | 'config.example.yaml'
    | 'config.schema.json'
    | `dist/bundle/page/${string}`,
): URL {
  return new URL(`../../${name}`, import.meta.url);
}

export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
