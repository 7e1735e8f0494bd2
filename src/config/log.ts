import { size } from './amounts.js';
import type { Complaint } from './complaint.js';
import { count, folder, type Infer, oneOf, section } from './fields.js';
import { isInside, patternBelow } from './places.js';
import type { ConfigContext } from './secret.js';

const MIB = 2 ** 20;

/** What the log says, and where. */
export interface LogConfig {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly format: 'text' | 'json';
  /** Lines of one text about one mirror or target in a minute. Undefined: all are written. */
  readonly repeats: number | undefined;
  /** Besides stderr. */
  readonly file: LogFileConfig | undefined;
}

export interface LogFileConfig {
  /** Absolute. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly keep: number;
}

export const logSection = (context: ConfigContext) =>
  section('What is written to the log (stderr), and how.', {
    level: oneOf('The least important lines that are written.', [
      'error',
      'warn',
      'info',
      'debug',
    ]).default('info'),
    format: oneOf('text: time level event key=value. json: one object a line.', [
      'text',
      'json',
    ]).default('text'),
    repeats: count(
      'Lines with the same text about the same mirror or target that are written within a minute; those above are counted, and one line says how many they were. Lines of level debug are all written. 0: no limit.',
      { max: 1_000_000 },
    ).default(100),
    file: section('A file that gets all lines, too.', {
      path: folder(
        'Its path. Full, it is renamed to the same path with ".1" behind it, that to ".2", and so on.',
        context,
      ),
      size: size('When it is full.', { min: 4096 }).default(10 * MIB),
      keep: count('How many files are kept, this one included.', { min: 1, max: 1000 }).default(5),
    }).optional(),
  });

type WrittenFile = Infer<typeof logSection>['file'];

/** A target with its local folders, symbolic links resolved. */
interface TargetFolders {
  readonly target: { readonly name: string };
  readonly folders: readonly string[];
}

/** A complaint when the log file would be among the objects of a target. */
export function logProblems(
  file: WrittenFile,
  targets: readonly TargetFolders[],
  realPath: (path: string) => string,
): Complaint[] {
  if (file === undefined) return [];
  const real = realPath(file.path);
  return targets
    .filter(({ folders }) => folders.some((root) => isInside(real, root)))
    .map(({ target }) => ({
      path: ['log', 'file', 'path'],
      message: `${real} is inside target "${target.name}": the log would be among its objects`,
    }));
}

/** The log file and the older ones beside it, in .gitignore's syntax, seen from `root`. */
export function logFilePatterns(root: string, path: string): readonly string[] {
  const pattern = patternBelow(root, path).replace(/\/$/, '');
  return [pattern, `${pattern}.*`];
}

export function logOf({ repeats, file, ...rest }: Infer<typeof logSection>): LogConfig {
  return { ...rest, repeats: repeats === 0 ? undefined : repeats, file };
}
