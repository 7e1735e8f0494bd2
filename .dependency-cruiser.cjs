// The floor plan of src, top to bottom. A room is a folder; it may import its own files, the ground floor, and the rooms
// further down that its row names: there is no arrow up and no circle. `npm run check` holds the code to it, and
// test/architecture.test.ts holds ARCHITECTURE.md to it. The files directly in src that put the program together
// (engine, daemon, once, ...) stand between cli and status and may import everything below them.
const drivers = ['local', 'memory', 's3', 'swift', 'b2', 'azure', 'google'].map(
  (driver) => `drivers/${driver}`,
);
const floors = [
  ['page/browser', ['page', 'status']],
  ['page', ['status', 'sync']],
  ['reload', ['status', 'sync', 'state', 'watcher', 'config']],
  ['history', ['status', 'telemetry', 'sync', 'state']],
  ['plan', ['sync', 'drivers']],
  ['alerts', ['status', 'sync', 'drivers/http', 'state', 'config']],
  ['metrics', ['status', 'telemetry', 'sync', 'drivers/layers', 'state']],
  ['notify', ['status', 'telemetry', 'sync']],
  ['listener', ['status', 'config']],
  ['status', ['telemetry', 'sync/guard', 'sync', 'state', 'watcher', 'config']],
  ['telemetry', ['sync', 'drivers/layers']],
  [
    'scale',
    [
      'sync/work',
      'sync/proof',
      'sync/store',
      'sync/source',
      'sync',
      'lease',
      'drivers/layers',
      'drivers',
      'state',
      'watcher',
      'config',
    ],
  ],
  ['verify', ['sync/proof', 'sync/scan', 'sync/store', 'sync', 'drivers', 'state']],
  [
    'restore',
    ['sync/ranges', 'sync/trash', 'sync/scan', 'sync/store', 'sync', 'drivers', 'state', 'watcher'],
  ],
  [
    'sync/mirror',
    [
      'sync/work',
      'sync/inventory',
      'sync/snapshot',
      'sync/shards',
      'sync/proof',
      'sync/trash',
      'sync/scan',
      'sync/store',
      'sync/source',
      'sync/guard',
      'sync',
      'lease',
      'drivers',
      'state',
      'watcher',
    ],
  ],
  [
    'sync/work',
    [
      'sync/proof',
      'sync/trash',
      'sync/scan',
      'sync/store',
      'sync/uploads',
      'sync/source',
      'sync/guard',
      'sync',
      'drivers',
      'state',
      'watcher',
    ],
  ],
  ['sync/inventory', ['sync/scan', 'sync/store', 'sync', 'drivers', 'state']],
  ['sync/snapshot', ['sync/scan', 'sync/source', 'sync', 'lease', 'drivers', 'state']],
  ['sync/shards', ['sync/proof', 'sync', 'drivers', 'state']],
  ['sync/proof', ['sync/ranges', 'sync/store', 'sync', 'drivers', 'state']],
  ['sync/ranges', ['sync/store', 'drivers']],
  ['sync/trash', ['sync/store', 'sync', 'drivers', 'state']],
  ['sync/scan', ['sync/store', 'sync/source', 'sync', 'drivers', 'state', 'watcher']],
  ['sync/store', ['sync/uploads', 'sync/source', 'sync', 'drivers', 'state', 'watcher']],
  ['sync/uploads', ['sync', 'drivers', 'state']],
  ['sync/source', ['sync', 'state', 'watcher']],
  ['sync/guard', ['sync', 'state']],
  ['sync', ['lease', 'drivers', 'state', 'watcher']],
  ['lease', ['drivers/layers', 'drivers', 'state']],
  ['drivers/trial', ['drivers']],
  ['drivers/registry', [...drivers, 'drivers/layers', 'drivers', 'config']],
  ['drivers/local', ['drivers', 'config']],
  ['drivers/memory', ['drivers', 'config']],
  ['drivers/s3', ['drivers/s3/credentials', 'drivers/http', 'drivers', 'config']],
  ['drivers/s3/credentials', ['drivers/http', 'drivers', 'config']],
  ['drivers/b2', ['drivers/http', 'drivers', 'config']],
  ['drivers/swift', ['drivers/swift/auth', 'drivers/http', 'drivers', 'config']],
  ['drivers/swift/auth', ['drivers/http', 'drivers']],
  ['drivers/azure', ['drivers/azure/credentials', 'drivers/http', 'drivers', 'config']],
  ['drivers/azure/credentials', ['drivers/http', 'drivers']],
  ['drivers/google', ['drivers/google/auth', 'drivers/http', 'drivers', 'config']],
  ['drivers/google/auth', ['drivers/http', 'drivers']],
  ['drivers/http', ['drivers', 'config']],
  ['drivers/layers', ['drivers']],
  ['drivers', ['config']],
  ['state', []],
  ['watcher', []],
  ['config', []],
  ['log', []],
];

// Files directly in src that every room may import.
const ground = [
  'answering-call',
  'calendar-day',
  'clock',
  'concurrently',
  'condition',
  'extended-attributes',
  'failpoint',
  'file-stat',
  'file-time',
  'ignore-pattern',
  'ip-address',
  'lmdb-pages',
  'lmdb-tree',
  'log',
  'make-folders',
  'md5-code',
  'md5-lanes',
  'md5-words',
  'open-files',
  'package-files',
  'parts-digest',
  'printable',
  'program-files',
  'quiet-console',
  'signal',
  'silent-source',
  'thread-pool',
  'thread-program',
  'unix-datagram',
  'utf8-order',
  'web-assembly',
  'web-assembly-code',
];

// A driver, or a channel of alerts, knows nothing of the rest of the configuration but how a setting is described; the answers
// of the control API are described with zod.
const settingsKit = '^src/config/(amounts|fields|header-rules|notify|secret|units|zod)\\.ts$';

/** Rooms that see the whole configuration. */
const READS_ALL_SETTINGS = ['cli', 'reload', 'scale'];

/** The files of a room, without those of the rooms inside it. */
const filesOf = (room) => `^src/${room}/[^/]+\\.tsx?$`;

const within = ([room, below]) => ({
  name: `imports-of-${room}`,
  comment: below.join(', '),
  severity: 'error',
  from: { path: filesOf(room) },
  to: {
    path: '^src/',
    pathNot: [
      filesOf(room),
      ...ground.map((file) => `^src/${file}\\.ts$`),
      ...below.map((each) =>
        each === 'config' && !READS_ALL_SETTINGS.includes(room) ? settingsKit : filesOf(each),
      ),
    ],
  },
});

// Each third-party package comes in through one file: replace or understand it there.
const doors = {
  chokidar: 'src/watcher/chokidar.ts',
  'p-queue': 'src/sync/work/lanes.ts',
  lowdb: 'src/state/document.ts',
  winston: 'src/log.ts',
  undici: 'src/drivers/http/http-client.ts',
  'fast-xml-parser': 'src/drivers/http/xml.ts',
  yaml: 'src/config/load.ts',
  zod: 'src/config/zod.ts',
  commander: 'src/cli/commander.ts',
  ignore: 'src/watcher/pattern-matcher.ts',
  mime: 'src/drivers/content-type.ts',
  bullmq: 'src/scale/bullmq.ts',
  ioredis: 'src/scale/redis.ts',
  'prom-client': 'src/metrics/prometheus.ts',
  nodemailer: 'src/alerts/mail.ts',
  piscina: 'src/sync/source/file-reader.ts',
  'csv-parse': 'src/sync/inventory/csv-rows.ts',
  lmdb: 'src/state/lmdb-file.ts',
  preact: 'src/page/preact.ts',
  'preact-render-to-string': 'src/page/render.tsx',
  '@preact/signals': 'src/page/browser/signals.ts',
  '@napi-rs/xattr': 'src/extended-attributes.ts',
  '@node-rs/crc32': 'src/drivers/crc32c.ts',
  '@koromix/koffi-linux-x64': 'src/unix-datagram.ts',
  '@koromix/koffi-linux-arm64': 'src/unix-datagram.ts',
};

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment:
        "Libcloud's objects pass themselves to their driver, so the types of driver.ts and objects.ts name each other; nothing else may.",
      severity: 'error',
      from: { pathNot: '^src/drivers/(driver|objects)\\.ts$' },
      to: { circular: true },
    },
    ...floors.map(within),
    {
      name: 'cli-is-the-top',
      comment: 'Nothing imports the command line but main.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli/|main\\.ts)' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'ground-floor',
      comment: 'What every room may import imports no room.',
      severity: 'error',
      from: { path: `^src/(${ground.join('|')})\\.ts$` },
      to: {
        path: '^src/',
        pathNot: [...ground.map((file) => `^src/${file}\\.ts$`), filesOf('log')],
      },
    },
    ...Object.entries(doors).map(([name, door]) => ({
      name: `door-of-${name}`,
      comment: `${name} is imported by ${door} alone.`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^${door.replace(/\./g, '\\.')}$` },
      to: { path: `node_modules/${name}/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Its parser does not read JSX: test/architecture.test.ts holds these files to the same rules.
    exclude: { path: '\\.tsx$' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js'] },
    detectJSDocImports: false,
  },
};
