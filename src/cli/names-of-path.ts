import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Config } from '../config/config.js';
import { UsageError } from './exit.js';
import type { Io } from './io.js';

/** An object, as the control API names it. */
export interface NamedObject {
  readonly mirror: string;
  readonly name: string;
}

/**
 * The objects that a word of the command line means: a path inside the source of a mirror, as seen from the current folder; or
 * the name of an object, where `mirror` names its mirror, or there is only one. @throws UsageError
 */
export function namesOfPath(
  { mirrors }: Pick<Config, 'mirrors'>,
  word: string,
  mirror: string | undefined,
  io: Pick<Io, 'cwd'>,
): readonly NamedObject[] {
  const wanted = mirrors.filter(({ name }) => mirror === undefined || name === mirror);
  const absolute = isAbsolute(word) ? word : resolve(io.cwd, word);
  const inside = wanted.flatMap(({ name, source }) => {
    const path = relative(source, absolute);
    const isBelow =
      path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
    return isBelow ? [{ mirror: name, name: path.split(sep).join('/') }] : [];
  });
  if (inside.length > 0) return inside;
  const [only, ...others] = wanted;
  if (only !== undefined && others.length === 0 && !isAbsolute(word))
    return [{ mirror: only.name, name: word.replace(/^\.\//, '') }];
  throw new UsageError(
    `${word} is in the source of no mirror; for the name of an object, name its mirror with --mirror`,
  );
}
