import { duration, interval, percentage, rate, size } from './amounts.js';
import { byTime } from './by-time.js';
import {
  count,
  flag,
  folder,
  ignorePattern,
  list,
  oneOf,
  section,
  text,
  unless,
} from './fields.js';
import { headerAndClassRules } from './header-rules.js';
import { listingSetting } from './listing.js';
import { logSection } from './log.js';
import { metricsSection } from './metrics.js';
import { NAME, NAME_RULE } from './name.js';
import { heartbeatSection, notifySection } from './notify.js';
import { queueSection, workerSection } from './queue.js';
import type { ConfigContext } from './secret.js';
import { statusSection } from './status-page.js';

const SECOND = 1000;
const MIB = 2 ** 20;
const DAY = 86_400 * SECOND;
const DEFAULT_TRASH = '.longshore/trash/';

/** Everything of the file but its targets and mirrors. */
export const generalFields = (place: ConfigContext) => ({
  state: folder(
    'Folder for the index and the ledger: on a local disk, one folder per daemon.',
    place,
  ).prefault('./.longshore'),
  log: logSection(place).prefault({}),
  drain: duration(
    'How long running transfers may take to finish after a first SIGTERM or Ctrl-C; a second signal drops them.',
  ).default(30 * SECOND),
  metrics: metricsSection(place).optional(),
  notify: list(
    'Where messages go when a mirror needs a person, and when it does no longer.',
    notifySection(place),
  ).default([]),
  heartbeat: heartbeatSection(place).optional(),
  status: statusSection(place).prefault({}),
  queue: queueSection(place).optional(),
  worker: workerSection(place).optional(),
});

/** What every target has, whatever its driver; the driver's own settings stand beside it. */
export const targetFields = {
  driver: text('The kind of storage.'),
  concurrency: count('Transfers that run at once. Default: chosen by the driver.', {
    min: 1,
    max: 10_000,
  }).optional(),
  bandwidth: byTime(
    'Content sent to and read from this target each second, by all its mirrors together; by local time, the first matching entry counts.',
    'a rate such as "2MiB/s", or "off"',
    rate('A rate, or off: no limit.', { min: 4096 }),
    Number.POSITIVE_INFINITY,
  ).optional(),
  request_rate: count('Calls to this target that start each second, by all its mirrors together.', {
    min: 1,
    max: 1_000_000,
  }).optional(),
  multipart_threshold: size(
    'Larger files are uploaded in parts where the provider can: several at once, and after a crash only the missing ones.',
  ).default(64 * MIB),
  part_size: size('Bytes per part. Default: the smallest that the provider allows for the file.', {
    min: 1,
  }).optional(),
};

const TRASH_PREFIX = /^(?!\/)(?!.*\/\/)(?!(.*\/)?\.{1,2}(\/|$))[^\0-\x1f\x7f]+$/;
const PREFIX = new RegExp(`^$|${TRASH_PREFIX.source}`);

const guardSetting = unless(
  'Above these limits deletes, and overwrites by encrypted-looking or wiped content, are held until an operator decides. off: never.',
  'off',
  section('What passes without a decision.', {
    count: count('This many changes within the window pass.').default(1000),
    percentage: percentage(
      'This share of the mirror’s objects within the window passes. The smaller of count and percentage applies.',
    ).default(0.2),
    at_least: count(
      'This many changes within the window always pass: in a small mirror a percentage is a handful of files.',
    ).default(50),
    window: duration('The time within which changes are counted.', {
      min: 60 * SECOND,
      max: 30 * 86_400 * SECOND,
    }).default(3600 * SECOND),
  }),
).prefault({});

const verifySetting = unless(
  'Every object is read back and compared with what was sent, while nothing else is to be done. off: never.',
  'off',
  section('How much is read, and what becomes of damaged objects.', {
    within: duration('Each object is read back at least once within this time.', {
      min: 60 * SECOND,
    }).default(30 * DAY),
    bandwidth: rate('Content that is read back each second, or off: no limit.', {
      min: 4096,
    }).default(2 * MIB),
    by: oneOf(
      'Who reads. daemon: this process. shards: "longshore verify --shard" on other machines; the daemon collects their reports, and reads only what these doubt.',
      ['daemon', 'shards'],
    ).default('daemon'),
    heal: flag(
      'Send a damaged or missing object again when its file still has exactly that content.',
    ).default(true),
    keep_damaged: flag(
      'With deletes: trash, copy a damaged object to the trash before it is replaced.',
    ).default(false),
  }),
).default('off');

const indexSnapshotSetting = interval(
  'How often, after a reconcile, a compressed copy of the index is put into the container (.longshore/index-snapshot), from which a lost index is rebuilt. auto: every 24h, for mirrors of at least 1,000 objects or 1GiB; smaller ones are rebuilt as fast without. off: none is made or used.',
  { min: 60 * SECOND },
).default(0);

/** Which things of a source have objects, and what these say of them. */
const keptOfFiles = {
  symlinks: oneOf(
    'Symbolic links. skip: not mirrored; preserve: an object that holds the link’s target; follow: the content it points to, when inside the source.',
    ['skip', 'follow', 'preserve'],
  ).default('skip'),
  folders: oneOf(
    'Folders. skip: only as part of the names of their files; keep: each is an empty object of its own, whose name ends in "/", with its time and mode.',
    ['skip', 'keep'],
  ).default('skip'),
  hardlinks: oneOf(
    'Files with several names. copy: each name is an object like any other; record: the content is sent once and copied in the target, and the objects say that they are one file, which a restore makes of them again.',
    ['copy', 'record'],
  ).default('copy'),
  metadata: list(
    'What is kept of a file besides its content. md5: for objects whose provider gives no MD5 of the whole content, such as those in parts; large files are read twice for it. xattr: extended attributes of users; acl: POSIX ACLs; both on Linux.',
    oneOf('One of them.', ['mtime', 'mode', 'owner', 'md5', 'xattr', 'acl']),
  ).default(['mtime', 'mode']),
};

/** When everything is compared, and with what. */
const comparisons = {
  rescan: duration(
    'Time between scans of the source, for changes without an event. 0: never.',
  ).default(3600 * SECOND),
  reconcile: duration('Time between full comparisons with the container. 0: never.').default(
    86_400 * SECOND,
  ),
  listing: listingSetting,
};

export const mirrorSection = (place: ConfigContext) =>
  section('One folder mirrored to one place in one target.', {
    name: text('Short name of the mirror, for the command line and the log.', {
      pattern: NAME,
      rule: NAME_RULE,
    }),
    source: folder('The folder that is mirrored.', place),
    create_source: flag(
      'Create the source when it is missing. Otherwise a missing source is an error, and nothing is deleted.',
    ).default(false),
    target: text('Name of a target above.'),
    workers: flag(
      'Workers on other machines, which see the same source, read and send files of this mirror as well: see queue.',
    ).default(false),
    container: text('Container (bucket) in the target; created when it is missing.', {
      pattern: /^[^\0-\x1f\x7f]+$/,
      rule: 'the name of a container',
    }),
    prefix: text('Folder in the container. Empty: the whole container.', {
      pattern: PREFIX,
      rule: 'a folder such as "backups/laptop/", without a leading "/" and without empty, "." or ".." parts',
    }).default(''),
    exclude: list(
      'Files that are not mirrored, in the syntax of .gitignore.',
      ignorePattern('A pattern.'),
    ).default([]),
    include: list(
      'When not empty, only files that match one of these are mirrored (syntax of .gitignore).',
      ignorePattern('A pattern.'),
    ).default([]),
    watch: oneOf(
      'How changes are noticed. auto: the best for this folder; chokidar, directories: one of the two kinds of watch; scan: by scans only.',
      ['auto', 'chokidar', 'directories', 'scan'],
    ).default('auto'),
    chokidar_limit: count(
      'With watch: auto, folders with at most this many entries are watched by chokidar.',
    ).default(5000),
    settle: duration('How long a path must be unchanged before it is examined.', {
      max: 3600 * SECOND,
    }).default(500),
    settle_limit: duration('A path that keeps changing is examined after this time.').default(
      30 * SECOND,
    ),
    ...comparisons,
    max_lag: duration(
      'A mirror whose oldest change waits for longer than this is in the state behind. 0: never.',
      { max: 365 * DAY },
    ).default(0),
    heartbeat: heartbeatSection(place).optional(),
    verify: verifySetting,
    lease: duration(
      'How long this mirror may be silent before another machine may take over its part of the container. 0: no lease, any machine may write.',
      { max: 86_400 * SECOND },
    ).default(600 * SECOND),
    index_snapshot: indexSnapshotSetting,
    deletes: oneOf(
      'mirror: the object of a deleted file is deleted. trash: it, and overwritten content, moves to the trash. keep: it stays.',
      ['mirror', 'trash', 'keep'],
    ).default('mirror'),
    trash_prefix: text(
      'Folder of the trash, below prefix; it has a folder for each time at which objects were moved to it.',
      {
        pattern: TRASH_PREFIX,
        rule: 'a folder such as "trash/", without a leading "/" and without empty, "." or ".." parts',
      },
    ).default(DEFAULT_TRASH),
    trash_keep: duration('How long the trash keeps an object. 0: without end.').default(30 * DAY),
    guard: guardSetting,
    overwrite: oneOf(
      'never: an object that longshore did not put there is reported and not replaced.',
      ['always', 'never'],
    ).default('always'),
    extraneous: oneOf(
      'Objects that longshore did not put there and that have no file: keep them, report them too, or delete them.',
      ['keep', 'report', 'delete'],
    ).default('keep'),
    ...keptOfFiles,
    headers: headerAndClassRules(
      'Headers and storage class of new objects, by pattern of the name below prefix. The first match of each wins, and wins over the target’s.',
    ),
    index: oneOf(
      'How the index is stored. lmdb: any size; lowdb: readable JSON, for small mirrors.',
      ['lmdb', 'lowdb'],
    ).default('lmdb'),
  });
