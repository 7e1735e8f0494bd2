import type { WrittenFile } from './load.js';

/** The line of the file that a pattern of a mirror stands on, from 1; undefined: it is not found. */
export function patternLine(
  { content, lineOf }: Pick<WrittenFile, 'content' | 'lineOf'>,
  mirror: string,
  setting: 'exclude' | 'include',
  index: number,
): number | undefined {
  const { mirrors } = content as { readonly mirrors?: unknown };
  const position = Array.isArray(mirrors)
    ? mirrors.findIndex((each: { readonly name?: unknown } | null) => each?.name === mirror)
    : -1;
  return lineOf(['mirrors', position, setting, index]);
}
