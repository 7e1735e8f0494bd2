// Who may import whom: one row per folder of src. What a row does not list fails `npm run check`.
const open = [
  'clock',
  'log',
  'failpoint',
  'file-stat',
  'file-time',
  'ignore-pattern',
  'lmdb-tree',
  'make-folders',
  'program-files',
  'quiet-console',
  'utf8-order',
];
const rows = {
  config: [],
  drivers: ['config/(amounts|fields|header-rules|secret)'],
  state: [],
  watcher: [],
  lease: ['drivers', 'state'],
  sync: ['drivers', 'lease', 'state', 'watcher'],
  status: ['sync', 'state', 'watcher'],
};

const within = (folder, targets) => ({
  name: `imports-of-${folder}`,
  comment: `src/${folder} may import only itself, clock, log${targets.map((t) => `, ${t}`).join('')} (see ARCHITECTURE.md).`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: {
    path: '^src/',
    pathNot: [`^src/${folder}/`, ...[...open, ...targets].map((t) => `^src/${t}(\\.ts|/)`), ...targets.map((t) => `^src/${t}\\.ts$`)],
  },
});

// Each third-party package comes in through one file: replace or understand it there.
const doors = {
  chokidar: 'src/watcher/chokidar.ts',
  'p-queue': 'src/sync/queue.ts',
  lowdb: 'src/state/document.ts',
  winston: 'src/log.ts',
  undici: 'src/drivers/http.ts',
  'fast-xml-parser': 'src/drivers/s3/xml.ts',
  yaml: 'src/config/load.ts',
  zod: 'src/config/fields.ts',
  commander: 'src/cli/commander.ts',
  ignore: 'src/watcher/filter.ts',
  mime: 'src/drivers/content-type.ts',
  piscina: 'src/sync/source/file-reader.ts',
  lmdb: 'src/state/lmdb-file.ts',
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
    ...Object.entries(rows).map(([folder, targets]) => within(folder, targets)),
    {
      name: 'cli-is-the-top',
      comment: 'Nothing imports the command line but main.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli/|main\\.ts)' },
      to: { path: '^src/cli/' },
    },
    ...Object.entries(doors).map(([name, door]) => ({
      name: `door-of-${name}`,
      comment: `${name} is imported by ${[door].flat().join(' and ')} alone.`,
      severity: 'error',
      from: { path: '^src/', pathNot: [door].flat().map((file) => `^${file.replace(/\./g, '\\.')}$`) },
      to: { path: `node_modules/${name}/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
    detectJSDocImports: false,
  },
};
