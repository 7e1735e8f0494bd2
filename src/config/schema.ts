import { duration, percentage, rate, size } from './amounts.js';
import { byTime, count, flag, folder, ignorePattern, list, oneOf, section, text, unless } from './fields.js';
import { headerAndClassRules } from './header-rules.js';
import type { Place } from './secret.js';

/** Names of mirrors and targets: they become folder names in the state folder, and words on the command line. */
export const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
export const NAME_RULE = '1 to 64 letters, digits, ".", "_" or "-", not beginning with "." or "-"';

const SECOND = 1000;
const MIB = 2 ** 20;
const DAY = 86_400 * SECOND;
const DEFAULT_TRASH = '.longshore/trash/';

/** Everything of the file but its targets and mirrors. */
export const generalFields = (place: Place) => ({
  state: folder('Where longshore keeps what it knows of the objects: on a local disk, one folder per daemon.', place).prefault(
    './.longshore',
  ),
  log: section('What is written to the log (stderr), and how.', {
    level: oneOf('The least important lines that are written.', ['error', 'warn', 'info', 'debug']).default('info'),
    format: oneOf('text: time level event key=value. json: one object a line.', ['text', 'json']).default('text'),
  }).prefault({}),
  drain: duration('How long running transfers may take to finish after a first SIGTERM or Ctrl-C; a second signal drops them.').default(
    30 * SECOND,
  ),
});

/** What every target has, whatever its driver; the driver's own settings stand beside it. */
export const targetFields = {
  driver: text('What kind of storage this is.'),
  concurrency: count('Transfers under way at once. Default: what the driver likes best.', { min: 1, max: 10_000 }).optional(),
  bandwidth: byTime(
    'Content that is sent to this target and read from it each second, by all its mirrors together. By local time: the first that fits.',
    'a rate such as "2MiB/s", or "off"',
    rate('A rate, or off: no limit.', { min: 4096 }),
    Number.POSITIVE_INFINITY,
  ).optional(),
  request_rate: count('Calls to this target that begin each second, by all its mirrors together.', { min: 1, max: 1_000_000 }).optional(),
  multipart_threshold: size(
    'Larger files go in parts, where the provider can: several at once, and after a crash only those that are missing.',
  ).default(64 * MIB),
  part_size: size('Bytes per part. Default: as few as the provider allows for the file.', { min: 1 }).optional(),
};

const TRASH_PREFIX = /^(?!\/)(?!.*\/\/)(?!(.*\/)?\.{1,2}(\/|$))[^\0-\x1f\x7f]+$/;
const PREFIX = new RegExp(`^$|${TRASH_PREFIX.source}`);

export const mirrorSection = (place: Place) =>
  section('One folder mirrored to one place in one target.', {
    name: text('Short name of the mirror, for the command line and the log.', { pattern: NAME, rule: NAME_RULE }),
    source: folder('The folder that is mirrored.', place),
    create_source: flag('Create the source when it is missing. Without it a missing source is an alarm.').default(false),
    target: text('Name of a target above.'),
    container: text('Container (bucket) in the target; created when it is missing.', {
      pattern: /^[^\0-\x1f\x7f]+$/,
      rule: 'the name of a container',
    }),
    prefix: text('Where in the container: a folder, or nothing for all of it.', {
      pattern: PREFIX,
      rule: 'a folder such as "backups/laptop/", without a leading "/" and without empty, "." or ".." parts',
    }).default(''),
    exclude: list('What is not mirrored, in the syntax of .gitignore.', ignorePattern('A pattern.')).default([]),
    include: list(
      'When not empty, only files that match one of these are mirrored (syntax of .gitignore).',
      ignorePattern('A pattern.'),
    ).default([]),
    watch: oneOf(
      'How changes are noticed. auto: the best for this folder; chokidar, directories: one of the two engines; scan: only by scanning.',
      ['auto', 'chokidar', 'directories', 'scan'],
    ).default('auto'),
    chokidar_limit: count('With watch: auto, folders with at most this many entries are watched by chokidar.').default(5000),
    settle: duration('How long a path must be quiet before it is looked at.', { max: 3600 * SECOND }).default(500),
    settle_limit: duration('A path that never becomes quiet is looked at after this.').default(30 * SECOND),
    rescan: duration('Time between scans of the source for changes that no event told of. 0: never.').default(3600 * SECOND),
    reconcile: duration('Time between full comparisons with what is in the container. 0: never.').default(86_400 * SECOND),
    lease: duration(
      'How long this mirror may be silent before another machine may take over its place in the container. 0: no lease; whoever comes may write.',
      { max: 86_400 * SECOND },
    ).default(600 * SECOND),
    deletes: oneOf(
      'mirror: a file that is gone is deleted from the container. trash: it, and what is overwritten, is moved to the trash. keep: it stays.',
      ['mirror', 'trash', 'keep'],
    ).default('mirror'),
    trash_prefix: text('Where the trash is, below prefix: a folder for each time at which something was thrown away.', {
      pattern: TRASH_PREFIX,
      rule: 'a folder such as "trash/", without a leading "/" and without empty, "." or ".." parts',
    }).default(DEFAULT_TRASH),
    trash_keep: duration('How long what is in the trash is kept. 0: for ever.').default(30 * DAY),
    guard: unless(
      'Deletes, and overwrites of sound files by encrypted or wiped ones, are held above this until somebody decides. off: never.',
      'off',
      section('What passes unasked.', {
        count: count('So many within the window pass.').default(1000),
        percentage: percentage('So much of the mirror within the window passes. The smaller of the two counts.').default(0.2),
        at_least: count('So many within the window always pass: in a small mirror a percentage is a handful of files.').default(50),
        window: duration('The time within which they are counted.', { min: 60 * SECOND, max: 30 * 86_400 * SECOND }).default(3600 * SECOND),
      }),
    ).prefault({}),
    overwrite: oneOf('never: an object that longshore did not put there is not replaced, but reported.', ['always', 'never']).default(
      'always',
    ),
    extraneous: oneOf('What becomes of objects that longshore did not put there and that have no file.', [
      'keep',
      'report',
      'delete',
    ]).default('keep'),
    symlinks: oneOf('preserve: a link becomes an object that holds its target; follow: what it points to, when inside the source.', [
      'skip',
      'follow',
      'preserve',
    ]).default('skip'),
    metadata: list(
      'What is kept of a file beside its content. md5: of objects whose provider tells no MD5 of the whole content, as of those in parts; large files are read twice for it.',
      oneOf('One of them.', ['mtime', 'mode', 'owner', 'md5']),
    ).default(['mtime', 'mode']),
    headers: headerAndClassRules(
      'Headers and storage class of what is sent, by pattern of the name below prefix; the first match of each wins, and before those of the target.',
    ),
    index: oneOf('How the state is kept. lmdb: any size; lowdb: readable JSON, for small mirrors.', ['lmdb', 'lowdb']).default('lmdb'),
  });
