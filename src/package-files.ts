import { readFileSync } from 'node:fs';

/** A file of the package as it is installed. This module is as deep in it when it is bundled: dist/src, dist/bundle. */
export function packageFile(
  name: 'package.json' | 'config.example.yaml' | 'config.schema.json',
): URL {
  return new URL(`../../${name}`, import.meta.url);
}

export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
