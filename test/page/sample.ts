import type {
  ApiTarget,
  Attention,
  Change,
  Config,
  Day,
  HeldChanges,
  HeldObjects,
  MirrorDetail,
  Preview,
  Process,
  Trash,
  Verify,
  Why,
} from '../../src/page/api.js';
import { mirrorRow, NOW, statusOf } from './models.js';

// One bad afternoon on nas-01, as the control API answers it: the pictures in the documentation show it.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const mirrors = [
  mirrorRow('photos', {
    state: 'held',
    sinceMs: NOW - 21 * MINUTE,
    held: 1_321,
    objects: 213_622,
    bytes: 6.1e12,
    readBackShare: 0.982,
    lastReconcile: { startedAtMs: NOW - 11 * HOUR, seconds: 610, differences: 0 },
  }),
  mirrorRow('mail', {
    target: 'swift-lab',
    state: 'target-down',
    why: '10.20.0.14:8080 refuses connections',
    sinceMs: NOW - 50 * MINUTE,
    currentToMs: NOW - 50 * MINUTE,
    lagSeconds: 3_053,
    lagTargetSeconds: 300,
    queued: 214,
    queuedBytes: 406_847_488,
    readBackShare: 0.991,
    lastReconcile: { startedAtMs: NOW - 12 * HOUR, seconds: 200, differences: 0 },
  }),
  mirrorRow('studio', {
    state: 'behind',
    why: 'limited to 20 MiB/s',
    currentToMs: NOW - 4_346_000,
    lagSeconds: 4_346,
    queued: 4_218,
    queuedBytes: 335_007_449_088,
    emptyAtMs: NOW + 4 * HOUR,
    objects: 1_204_118,
    bytes: 4_486_007_813_734,
    quarantined: 1,
    readBackShare: 0.914,
    lastReconcile: { startedAtMs: NOW - 16 * HOUR, seconds: 660, differences: 2 },
  }),
  mirrorRow('homes', {
    target: 'vault',
    state: 'degraded',
    why: '3 folders are scanned every 5 min',
    sinceMs: NOW - 4 * HOUR,
    lagSeconds: 271,
    currentToMs: NOW - 271_000,
    lagTargetSeconds: 600,
  }),
  mirrorRow('documents', { target: 'vault', lagTargetSeconds: 60, readBackShare: 1 }),
];

const attention: readonly Attention[] = [
  {
    kind: 'held',
    mirror: 'photos',
    needsYou: true,
    text: '1,284 deletes and 37 overwrites wait for a decision: the folder 2019/ is gone',
    sinceMs: NOW - 21 * MINUTE,
  },
  {
    kind: 'target-down',
    mirror: 'mail',
    target: 'swift-lab',
    needsYou: true,
    text: '10.20.0.14:8080 refuses connections',
    sinceMs: NOW - 50 * MINUTE,
  },
  {
    kind: 'behind',
    mirror: 'studio',
    needsYou: false,
    text: 'the oldest change that waits is 1 h 12 min old; 15 min are the target',
    sinceMs: NOW - 4_346_000,
  },
  {
    kind: 'watch',
    mirror: 'homes',
    needsYou: false,
    text: '3 folders are not watched, but scanned on a timer',
    sinceMs: NOW - 4 * HOUR,
  },
  {
    kind: 'quarantined',
    mirror: 'studio',
    needsYou: false,
    text: '1 object failed repeatedly and is tried rarely',
    sinceMs: NOW - 74 * HOUR,
  },
  {
    kind: 'configuration',
    mirror: null,
    target: null,
    needsYou: false,
    text: 'the configuration file is not the one that is loaded: see longshore reload',
    sinceMs: NOW - 3 * HOUR,
  },
];

/** The lags of 24 hours, with a gap and a rise at the end. */
function lagOf(mirror: string) {
  const now = mirrors.find((one) => one.mirror === mirror)?.lagSeconds ?? 0;
  const max = Array.from({ length: 144 }, (_, at) => {
    if (mirror === 'documents' && at > 50 && at < 56) return null;
    const rise = now > 60 && at > 136 ? (now * (at - 136)) / 7 : 0;
    return Math.floor(2 + ((at * 7919) % 7) + rise);
  });
  return { stepSeconds: 600, fromMs: Math.floor(NOW / 600_000) * 600_000 - 143 * 600_000, max };
}

const WORST: Readonly<Record<string, Day['worst']>> = {
  photos: 'held',
  mail: 'behind',
  studio: 'behind',
  homes: 'degraded',
  documents: 'within',
};

function daysOf(mirror: string): readonly Day[] {
  const length = mirror === 'homes' ? 62 : 90;
  return Array.from({ length }, (_, at): Day => {
    const ms = NOW - (length - 1 - at) * 24 * HOUR;
    const isBad = at === length - 1 || (mirror === 'studio' && at % 13 === 12);
    const isStopped = mirror === 'mail' && at === 33;
    return {
      day: new Date(ms).toISOString().slice(0, 10),
      worst: isStopped ? 'stopped' : isBad ? (WORST[mirror] ?? 'within') : 'within',
      withinTarget: isStopped ? null : isBad && mirror !== 'documents' ? 0.91 : 1,
      worstLagSeconds: isStopped ? null : isBad ? 4_344 : 9,
    };
  });
}

const targets: readonly ApiTarget[] = [
  {
    target: 'offsite',
    state: 'up',
    why: '',
    bytesPerSecond: 20_761_804,
    requestsPerSecond: 41,
    latencySeconds: { p50: 0.084, p99: 0.61 },
    errors24h: { ThrottledError: 17, TimeoutError: 2 },
    month: {
      month: '2026-10',
      requests: { put: 61_204, list: 4_120, head: 1_881, part: 12_040, delete: 310 },
      sentBytes: 1.4e12,
      receivedBytes: 1.9e12,
    },
  },
  {
    target: 'swift-lab',
    state: 'down',
    why: '10.20.0.14:8080 refuses connections',
    bytesPerSecond: 0,
    requestsPerSecond: 0,
    latencySeconds: null,
    errors24h: { unreachable: 47 },
  },
  {
    target: 'vault',
    state: 'up',
    why: '',
    bytesPerSecond: 209_715,
    requestsPerSecond: 1,
    latencySeconds: { p50: 0.0004, p99: 0.006 },
    errors24h: {},
  },
];

function throughputOf(target: string) {
  const most = { offsite: 20_800_000, 'swift-lab': 3_200_000, vault: 1_000_000 }[target] ?? 0;
  return {
    stepSeconds: 60,
    fromMs: Math.floor(NOW / MINUTE) * MINUTE - 59 * MINUTE,
    bytesPerSecond: Array.from({ length: 60 }, (_, at) =>
      target === 'swift-lab' && at > 9 ? 0 : Math.round(most * (0.9 + ((at * 7919) % 10) / 100)),
    ),
    throttled: Array.from({ length: 60 }, (_, at) =>
      target === 'offsite' && [22, 23, 40].includes(at) ? 1 : 0,
    ),
  };
}

function change(secondsAgo: number, mirror: string, name: string, over: Partial<Change>): Change {
  return {
    id: `c${secondsAgo}`,
    atMs: NOW - secondsAgo * 1_000,
    job: 'upload_object',
    outcome: 'done',
    mirror,
    name,
    bytes: 1_468_006,
    seconds: 0.3,
    ...over,
  };
}

const changes: readonly Change[] = [
  change(2, 'documents', 'Документы/Договор № 14-07 (подписан).pdf', {}),
  change(
    9,
    'studio',
    'Clients/Brandt & Söhne/2026-10 Imagefilm/05 Compositing/Shots/shot_0410/renders/v012/shot_0410_comp_v012.1042.exr',
    { bytes: 51_275_104, seconds: 10.1 },
  ),
  change(14, 'photos', 'Reisen/2026/Łódź/Piotrkowska_0042.CR3', {
    job: 'copy_object',
    bytes: 32_715_571,
  }),
  change(31, 'studio', 'Renders/.cache/asset_lock.db', { outcome: 'failed', bytes: 0, seconds: 0 }),
  change(46, 'homes', 'karin/Desktop/Angebot_alt (2).docx', { job: 'delete_object', bytes: 0 }),
  change(53, 'photos', 'Notizen/von Handy\n2026-10-13.txt', { bytes: 2_150, seconds: 0.1 }),
  change(81, 'homes', 'yusuf/فواتير/2026/فاتورة-1042.pdf', { job: 'refresh_metadata', bytes: 0 }),
];

const detail: MirrorDetail = {
  mirror: 'studio',
  source: '/srv/studio',
  container: 'studio-archive',
  prefix: 'nas-01/',
  deletes: 'trash',
  running: [
    {
      job: 'upload_object',
      name: 'Projekte/Tårn/A001_C012_1013KX.mov',
      bytes: 51_539_607_552,
      seconds: 3_870,
    },
    {
      job: 'upload_object',
      name: 'Sound/Océane – Mischung/Stems/01 Atmo links.wav',
      bytes: 2_040_109_465,
      seconds: 61,
    },
  ],
  excluded: {
    entries: 38_211,
    objects: 12,
    more: null,
    rules: [
      {
        rule: 'node_modules/',
        kind: 'pattern',
        at: '/etc/longshore/longshore.yaml:33',
        entries: 31_004,
      },
      { rule: '*.tmp', kind: 'pattern', at: 'Renders/.longshoreignore:2', entries: 7_207 },
    ],
  },
  unfinishedUploads: 2,
  lease: { held: true, renewedAtMs: NOW - 8_000 },
  lastScan: { startedAtMs: NOW - 36 * MINUTE, seconds: 48 },
  watch: { engine: 'directories', directories: 24_204, losses: 0, degraded: [] },
};

const held: HeldChanges = {
  id: '7f3a9c12e5b64d0f9a1c',
  sinceMs: NOW - 21 * MINUTE,
  why: '1,284 deletes in one scan; 1,000 within 1 h pass',
  deletes: 1_284,
  overwrites: 37,
  extraneous: 0,
  confirm: { approve: 'c1.a', reject: 'c1.r' },
};

const heldObjects: HeldObjects = {
  objects: [
    ...Array.from({ length: 37 }, (_, at) => ({
      name: `Scans/2024/Steuerbescheid ${at}.pdf`,
      change: 'overwrite' as const,
      bytes: 2_306_867,
    })),
    ...Array.from({ length: 412 }, (_, at) => ({
      name: `2019/2019-05 Lisbon/IMG_${2_041 + at}.CR3`,
      change: 'delete' as const,
      bytes: 32_715_571,
    })),
    ...Array.from({ length: 551 }, (_, at) => ({
      name: `2019/2019-10 Мостар/Стари мост_${at}.CR3`,
      change: 'delete' as const,
      bytes: 32_505_856,
    })),
  ],
  folders: [
    { name: '2019/', held: 1_266, of: 1_266, bytes: 44_238_163_148 },
    { name: '2019/2019-05 Lisbon/', held: 412, of: 412, bytes: 13_478_815_252 },
    { name: '2019/2019-10 Мостар/', held: 854, of: 854, bytes: 30_759_347_896 },
    { name: 'Export/', held: 18, of: 2_210, bytes: 612_368_384 },
    { name: 'Scans/', held: 37, of: 1_904, bytes: 85_354_079 },
    { name: 'Scans/2024/', held: 37, of: 212, bytes: 85_354_079 },
  ],
  more: true,
};

const why: Why = {
  mirror: 'studio',
  name: changes[1]?.name ?? '',
  summary: 'In the container as it was at 14:02:12.',
  steps: [
    { step: 'event', atMs: NOW - 21_000, text: 'closed after writing' },
    { step: 'decision', atMs: NOW - 20_500, job: 'upload_object', why: 'changed' },
    { step: 'attempt', atMs: NOW - 19_000, number: 1, error: '503 SlowDown' },
    { step: 'stored', atMs: NOW - 9_000, etag: '"b10a8db164e0754105b7a99be72e3fe5"' },
  ],
};

const run = (
  kind: 'reconcile' | 'read-back',
  hoursAgo: number,
  objects: number,
  bytes: number,
  over = {},
) => ({
  kind,
  asked: false,
  startedAtMs: NOW - hoursAgo * HOUR,
  seconds: 660,
  objects,
  bytes,
  differences: 0,
  ...over,
});

const verify: Verify = {
  on: true,
  withinSeconds: 30 * 86_400,
  verifiedShare: 0.914,
  share: { '7d': 0.42, '30d': 0.494, older: 0.071, never: 0.015 },
  oldest: { name: 'Projekte/Alpen/Tag 3/A009_C001_0812QP.mov', sentAtMs: NOW - 62 * 24 * HOUR },
  budget: { bytesPerSecond: 1_740_000, readTodayBytes: 65_498_251_264 },
  runs: [
    run('read-back', 2, 17_420, 65_498_251_264),
    run('reconcile', 16, 1_204_118, 4_486_007_813_734, { differences: 2 }),
    run('read-back', 25, 40_217, 150_323_855_360, { seconds: 4_080 }),
    run('reconcile', 40, 1_203_870, 4_481_007_813_734),
    run('read-back', 49, 38_904, 150_323_855_360, { seconds: 3_960 }),
  ],
  neverVerified: 18_061,
  oldestProofMs: NOW - 44 * 24 * HOUR,
  damaged: [],
  damagedObjects: 0,
  unreadable: 0,
  neededBytesPerSecond: null,
  asked: null,
};

const trash: Trash = {
  on: true,
  objects: 1_902,
  bytes: 44_023_414_784,
  more: false,
  newest: [
    {
      name: 'Clients/Müller/Angebot 14.docx',
      bytes: 88_412,
      removedAtMs: NOW - 4 * MINUTE,
      why: 'overwritten',
      untilMs: NOW + 30 * 24 * HOUR,
    },
    {
      name: 'Renders/old/shot_0400_comp_v011.exr',
      bytes: 51_275_104,
      removedAtMs: NOW - 3 * HOUR,
      why: 'deleted',
      untilMs: NOW + 30 * 24 * HOUR,
    },
  ],
};

const processFacts: Process = {
  version: '1.2.0',
  node: '22.11.0',
  platform: 'linux 6.12.9 x64',
  pid: 2071,
  startedAtMs: NOW - 24 * HOUR,
  uptimeSeconds: 86_400,
  memoryBytes: 222_298_112,
  heapBytes: 61_865_984,
  cpuSeconds: 1_904.2,
  cpuShare: 0.031,
  eventLoopLagSeconds: { p50: 0.0002, p99: 0.0041, max: 0.022 },
  openFiles: 214,
  openFilesLimit: 524_288,
};

const setting = (name: string, value: string, line: number | null) => ({
  setting: name,
  value,
  at: line === null ? null : `longshore.yaml:${line}`,
  isDefault: line === null,
});

const config: Config = {
  file: '/etc/longshore/longshore.yaml',
  loadedAtMs: NOW - 24 * HOUR,
  settings: [
    setting('state', '/var/lib/longshore', 1),
    setting('targets.offsite.driver', 's3', 12),
    setting('targets.offsite.secret', '{"credential":"s3-secret"}', 13),
    setting('targets.offsite.bandwidth', '20MiB/s', 14),
    setting('mirrors.studio.source', '/srv/studio', 30),
    setting('mirrors.studio.target', 'offsite', 31),
    setting('mirrors.studio.exclude', '["*.tmp","node_modules/"]', 33),
    setting('mirrors.studio.settle', '500ms', null),
  ],
  valid: true,
  complaints: [],
  digest: 'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78',
  differs: [
    {
      setting: 'targets.offsite.bandwidth',
      at: 'longshore.yaml:14',
      loaded: '20MiB/s',
      disk: '40MiB/s',
    },
    {
      setting: 'mirrors.studio.exclude',
      at: 'longshore.yaml:33',
      loaded: '["*.tmp","node_modules/"]',
      disk: '["*.tmp","node_modules/",".cache/"]',
    },
  ],
  differsSinceMs: NOW - 3 * HOUR,
};

const preview: Preview = {
  outcome: 'announced',
  file: config.file,
  digest: config.digest,
  refused: [],
  mirrors: {
    kept: ['photos', 'mail', 'homes', 'documents'],
    added: [],
    removed: [],
    changed: [{ mirror: 'studio', settings: ['exclude'], restarts: true }],
  },
  targets: [{ target: 'offsite', settings: ['bandwidth'] }],
  daemon: [],
  affected: [
    {
      mirror: 'studio',
      setting: 'exclude',
      becomes: 'left',
      objects: 214,
      names: ['Renders/.cache/a.exr', 'Renders/.cache/b.exr'],
      why: 'patterns exclude them from now on',
    },
  ],
};

/** What the control API answers to a GET below `/api/v1`; undefined: 404. */
export function sampleAnswer(target: string): unknown {
  const [path = ''] = target.split('?', 1);
  const [, kind, name = '', what = ''] = path.split('/').map(decodeURIComponent);
  if (path === '/status') return statusOf(mirrors, attention);
  if (path === '/targets') return { targets };
  if (path === '/changes') {
    const only = new URLSearchParams(target.split('?')[1]).get('mirror');
    return {
      changes: changes.filter(({ mirror }) => only === null || mirror === only),
      more: false,
    };
  }
  if (path === '/held') return held;
  if (path === '/held/objects') return heldObjects;
  if (path === '/why') return why;
  if (path === '/verify') return verify;
  if (path === '/trash') return trash;
  if (path === '/process') return processFacts;
  if (path === '/config') return config;
  if (path === '/reload') return preview;
  if (kind === 'targets' && what === 'throughput') return throughputOf(name);
  if (kind !== 'mirrors') return undefined;
  return ofMirror(name, what);
}

function ofMirror(mirror: string, what: string): unknown {
  switch (what) {
    case '':
      return { ...detail, mirror };
    case 'lag':
      return lagOf(mirror);
    case 'days':
      return { days: daysOf(mirror) };
    case 'queue':
      return {
        queued: 4_218,
        bytes: 335_007_449_088,
        byJob: { upload_object: 4_102, copy_object: 88, delete_object: 28 },
        next: [
          'Projekte/Tårn/A001_C014_1013KX.mov',
          'Sound/Océane – Mischung/Stems/02 Atmo rechts.wav',
        ],
      };
    case 'quarantined':
      return {
        objects: [
          {
            name: 'Renders/.cache/asset_lock.db',
            class: 'busy',
            error: 'the file changed while it was read, 9 times',
            advice: 'Exclude it, or let its program close it',
            attempts: 9,
            sinceMs: NOW - 4 * HOUR,
            nextTryMs: NOW + 18 * MINUTE,
          },
        ],
        more: false,
      };
    default:
      return undefined;
  }
}
