import { chmodSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { OPERATIONS } from '../../src/status/operations.js';
import type { QuarantinedAnswer } from '../../src/status/schema-mirror.js';
import { failure } from '../../src/status/schema-status.js';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';

const LONG = 120_000;

interface Asked {
  readonly status: number;
  readonly body: unknown;
}

/** Asks the control socket, and holds the answer to what docs/api.json says of the route. */
async function ask(
  mirror: LocalMirror,
  route: string,
  target: string,
  body?: unknown,
): Promise<Asked> {
  const [method = ''] = route.split(' ');
  const response = await new Promise<Asked & { readonly type: string }>((resolve, reject) => {
    request(
      {
        socketPath: join(mirror.state, 'control.sock'),
        method,
        path: `/api/v1${target}`,
        headers: body === undefined ? {} : { 'content-type': 'application/json' },
      },
      (answer) => {
        const type = answer.headers['content-type'] ?? '';
        text(answer).then(
          (content) =>
            resolve({
              status: answer.statusCode ?? 0,
              body: type.startsWith('application/json') ? JSON.parse(content) : content,
              type,
            }),
          reject,
        );
      },
    )
      .on('error', reject)
      .end(body === undefined ? undefined : JSON.stringify(body));
  });
  const operation = OPERATIONS[route];
  if (operation === undefined) throw new Error(`docs/api.json has no ${route}`);
  if (response.status === 200) {
    expect(response.type).toContain(operation.contentType ?? 'application/json');
    // What a schema does not know is not in its result.
    expect(operation.answer.parse(response.body)).toEqual(response.body);
  } else failure.parse(response.body);
  return response;
}

const MIRROR = `    exclude: ["*.tmp"]
    deletes: trash
`;

async function running(mirror: LocalMirror) {
  const daemon = mirror.daemon();
  await eventually(async () => {
    const { body } = await ask(mirror, 'GET /status', '/status');
    expect(body).toMatchObject({ mirrors: [{ state: 'in-sync' }] });
  });
  return daemon;
}

test('control API: each route answers as docs/api.json says', async () => {
  const mirror = openLocalMirror(MIRROR);
  mirror.write('a.txt');
  mirror.write('skipped.tmp');
  const daemon = await running(mirror);
  const on = { mirror: 'documents' };
  const untilMs = Date.now() + 60_000;
  const orders: Readonly<Record<string, unknown>> = {
    'POST /targets/:target/probe': {},
    'POST /reject/undo': on,
    'POST /scan': on,
    'POST /reconcile': on,
    'POST /retry': on,
    'POST /mirrors/:mirror/verify': { readBack: 'all' },
    'POST /mirrors/:mirror/verify/stop': {},
    'POST /pause': { ...on, untilMs },
    'POST /resume': on,
    'POST /log-level': { module: 'documents', level: 'debug' },
    'POST /reload': { apply: false },
  };
  const questions = Object.keys(OPERATIONS).filter(
    (route) => route.startsWith('GET ') && !['GET /events', 'GET /trash/object'].includes(route),
  );
  expect(questions.length).toBeGreaterThan(12);
  for (const route of [...questions, ...Object.keys(orders)]) {
    const [, path = ''] = route.split(' ');
    const target = path.replace(':mirror', 'documents').replace(':target', 'vault');
    const query =
      OPERATIONS[route]?.query === undefined ? '' : '?mirror=documents&name=a.txt&q=A.T';
    expect(await ask(mirror, route, `${target}${query}`, orders[route]), route).toMatchObject({
      status: 200,
    });
  }
  for (const route of ['POST /approve', 'POST /reject'])
    expect(
      await ask(mirror, route, route.slice('POST '.length), { ...on, id: 'another' }),
    ).toMatchObject({ status: 409, body: { held: { id: '' } } });
  daemon.kill('SIGTERM');
  expect((await daemon.finished).code).toBe(0);
});

const REFUSED = [
  ['POST /pause', '/pause', { mirror: 'documents' }, 400],
  ['POST /pause', '/pause', { mirror: 'documents', untilMs: 1 }, 400],
  ['POST /pause', '/pause', { mirror: 'nope', untilMs: 1e15 }, 404],
  ['POST /pause', '/pause', { target: 'nope', untilMs: 1e15 }, 404],
  ['POST /pause', '/pause', [], 400],
  ['GET /search', '/search', undefined, 400],
  ['GET /search', '/search?q=a&after=nothing', undefined, 400],
  ['GET /search', '/search?q=a&after=nope/a', undefined, 404],
  ['GET /trash/object', '/trash/object?mirror=documents', undefined, 400],
  ['GET /trash/object', '/trash/object?mirror=documents&name=a.txt&at=1', undefined, 404],
  ['POST /mirrors/:mirror/verify', '/mirrors/documents/verify', { readBack: '0%' }, 400],
  ['POST /mirrors/:mirror/verify', '/mirrors/nope/verify', {}, 404],
  ['POST /notifications/:name/test', '/notifications/nothing/test', {}, 404],
  ['POST /pause', '/pause', { mirror: 'documents', target: 'vault', untilMs: 1e15 }, 400],
  ['POST /retry', '/retry', { mirror: 'documents', name: 'a' }, 404],
  ['GET /why', '/why?mirror=documents&name=nothing', undefined, 404],
  ['GET /why', '/why?mirror=documents&name=../../etc/passwd', undefined, 404],
  ['GET /changes', '/changes?limit=201', undefined, 400],
  ['GET /mirrors/:mirror', '/mirrors/__proto__', undefined, 404],
  ['POST /log-level', '/log-level', { module: 'all', level: 'loud' }, 400],
  ['POST /reload', '/reload', { apply: 'yes' }, 400],
  ['POST /reload', '/reload', [], 400],
  ['POST /reload', '/reload', { digest: 1 }, 400],
  ['POST /reload', '/reload', { digest: 'of another file' }, 409],
  ['POST /scan', '/scan', { mirror: 'x'.repeat(17_000) }, 413],
] as const;

test('control API: what a request lacks, or names and is not there, is refused with a reason', async () => {
  const mirror = openLocalMirror(MIRROR);
  await running(mirror);
  for (const [route, target, body, status] of REFUSED)
    expect(await ask(mirror, route, target, body), `${route} ${target}`).toMatchObject({ status });
});

test('pause: uploads and deletes wait over a restart of the daemon, and go on at its end', async () => {
  const mirror = openLocalMirror(MIRROR);
  mirror.write('kept');
  mirror.write('gone');
  let daemon = await running(mirror);
  expect((await mirror.longshore('pause', 'documents', '--for', '1h')).stdout).toMatch(
    /^documents is paused until /,
  );
  mirror.write('new');
  daemon.kill('SIGTERM');
  await daemon.finished;
  daemon = mirror.daemon();
  await eventually(async () =>
    expect(await ask(mirror, 'GET /status', '/status')).toMatchObject({
      body: {
        attention: [{ kind: 'paused', mirror: 'documents', needsYou: false }],
        mirrors: [{ state: 'paused', queued: 1, pausedUntilMs: expect.any(Number) }],
      },
    }),
  );
  expect(mirror.objects()).toEqual(['gone', 'kept']);
  expect((await mirror.longshore('resume')).stdout).toBe('documents goes on\n');
  await eventually(() => expect(mirror.objects()).toEqual(['gone', 'kept', 'new']));
  expect((await mirror.longshore('resume', 'documents')).stdout).toBe('documents was not paused\n');
  await endWhenDone(mirror, daemon);
});

test('longshore events: prints each change, and what was missed since an event', async () => {
  const mirror = openLocalMirror(MIRROR);
  await running(mirror);
  const events = mirror.start('events');
  const seen = () =>
    events
      .stdout()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  await eventually(() => expect(seen().length).toBeGreaterThan(0));
  const [{ id: first }] = seen();
  mirror.write('a.txt');
  await eventually(() =>
    expect(seen()).toContainEqual(
      expect.objectContaining({
        event: 'change',
        data: expect.objectContaining({ name: 'a.txt', job: 'upload_object', outcome: 'done' }),
      }),
    ),
  );
  events.kill('SIGINT');
  await events.finished;
  const again = mirror.start('events', '--since', first);
  const later = seen()
    .slice(1)
    .map(({ id }) => id);
  await eventually(() => {
    const ids = again
      .stdout()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).id);
    expect(ids.slice(0, later.length)).toEqual(later);
  });
});

test('longshore why: names the line that excludes a file, with a daemon and without', async () => {
  const mirror = openLocalMirror(MIRROR);
  mirror.write('a.txt');
  mirror.write('skipped.tmp');
  mirror.write('sub/b.log');
  mirror.write('sub/.longshoreignore', '# logs\n*.log\n');
  const daemon = await running(mirror);
  const why = async (path: string) =>
    (await mirror.longshore('why', join(mirror.source, path))).stdout;
  for (const isRunning of [true, false]) {
    expect(await why('a.txt')).toMatch(/no rule concerns it[\s\S]*the provider confirmed/);
    expect(await why('skipped.tmp')).toMatch(
      /the pattern \*\.tmp excludes it .*longshore\.yaml:\d+\]/,
    );
    expect(await why('sub/b.log')).toContain('[sub/.longshoreignore:2]');
    if (!isRunning) break;
    expect(await why('a.txt')).toContain('upload_object: new');
    daemon.kill('SIGTERM');
    await daemon.finished;
  }
});

test('longshore diagnose: has no secret, and with --hide-names no name', async () => {
  const mirror = openLocalMirror(MIRROR);
  mirror.write('private-name.txt');
  await running(mirror);
  const shown = (await mirror.longshore('diagnose')).stdout;
  expect(shown).toMatch(
    /== status[\s\S]*"state": "in-sync"[\s\S]*== last \d+ lines of the log\n[\s\S]*mirroring/,
  );
  expect(shown).toContain(mirror.source);
  const hidden = (await mirror.longshore('diagnose', '--hide-names')).stdout;
  expect(hidden).not.toContain(mirror.folder);
  expect(hidden).toMatch(/"source": "#[0-9a-f]{10}"/);
});

test('commands that need a daemon say so when none runs', async () => {
  const mirror = openLocalMirror(MIRROR);
  for (const command of [
    'events',
    'pause',
    'resume',
    'retry',
    'queue',
    'changes',
    'targets',
    'diagnose',
  ])
    expect(await mirror.longshore(command), command).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('not running (no daemon holds'),
    });
});

async function onlyQuarantined(mirror: LocalMirror) {
  const path = '/mirrors/documents/quarantined';
  const { body } = await ask(mirror, 'GET /mirrors/:mirror/quarantined', path);
  const [object] = (body as QuarantinedAnswer).objects;
  return object ?? expect.unreachable('nothing is quarantined');
}

test('longshore retry: a quarantined object is tried at once, and one that is not quarantined is an error', async () => {
  const mirror = openLocalMirror('    watch: scan\n    rescan: 0s\n', { unprivileged: true });
  mirror.write('a.txt');
  const closed = mirror.write('closed.txt');
  chmodSync(closed, 0);
  const daemon = mirror.daemon();
  await eventually(async () =>
    expect(
      await ask(mirror, 'GET /mirrors/:mirror/quarantined', '/mirrors/documents/quarantined'),
    ).toMatchObject({ body: { objects: [{ name: 'closed.txt', class: 'permission' }] } }),
  );
  await eventually(() => expect(mirror.objects()).toEqual(['a.txt']));
  // Each try makes the daemon wait longer for its own next one, so that once it does not come first.
  await eventually(async () => {
    const before = await onlyQuarantined(mirror);
    expect(await mirror.longshore('retry', closed)).toMatchObject({
      code: 0,
      stdout: 'documents: 1 object is tried now\n',
    });
    expect((await onlyQuarantined(mirror)).attempts).toBeGreaterThan(before.attempts);
    expect(Date.now()).toBeLessThan(before.nextTryMs ?? 0);
  }, LONG);
  chmodSync(closed, 0o644);
  await mirror.longshore('retry', closed);
  await eventually(() => expect(mirror.objects()).toEqual(['a.txt', 'closed.txt']));
  expect(await mirror.longshore('retry', 'a.txt', '--mirror', 'documents')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('"a.txt" is not quarantined'),
  });
  daemon.kill('SIGTERM');
  await daemon.finished;
});

test('longshore scan and reconcile: while the daemon runs, the daemon makes the run', async () => {
  const mirror = openLocalMirror('    watch: scan\n    rescan: 0s\n');
  mirror.write('first');
  await running(mirror);
  for (const run of ['scan', 'reconcile']) {
    mirror.write(run);
    expect(mirror.objects()).not.toContain(run);
    expect(await mirror.longshore(run)).toMatchObject({
      code: 0,
      stdout: `documents: the running daemon makes the ${run}; longshore status shows it\n`,
    });
    await eventually(() => expect(mirror.objects()).toContain(run));
  }
});

test('control API: what is excluded, why it is in the trash, and the runs of before are known by name', async () => {
  const mirror = openLocalMirror(`${MIRROR}    verify: { within: 30d }\n`);
  for (const name of ['a.txt', 'b.txt', 'skipped.tmp', 'cache/one', 'cache/two'])
    mirror.write(name);
  mirror.write('.longshoreignore', '# caches\n/cache/\n');
  let daemon = await running(mirror);
  const excluded = async () => {
    const { body } = await ask(mirror, 'GET /mirrors/:mirror', '/mirrors/documents');
    return (body as { readonly excluded: unknown }).excluded;
  };
  expect(await excluded()).toEqual({
    entries: 2,
    objects: 0,
    more: null,
    rules: expect.arrayContaining([
      {
        rule: '*.tmp',
        kind: 'pattern',
        at: expect.stringMatching(/longshore\.yaml:\d+$/),
        entries: 1,
      },
      { rule: '/cache/', kind: 'pattern', at: '.longshoreignore:2', entries: 1 },
    ]),
  });

  mirror.write('a.txt', 'another');
  rmSync(join(mirror.source, 'b.txt'));
  await eventually(async () => {
    const { body } = await ask(mirror, 'GET /trash', '/trash?mirror=documents');
    const { newest } = body as { readonly newest: readonly { name: string; why: string }[] };
    const whys = newest.map(({ name, why }) => `${name} ${why}`);
    expect(whys.sort()).toEqual(['a.txt overwritten', 'b.txt deleted']);
  });

  await ask(mirror, 'POST /mirrors/:mirror/verify', '/mirrors/documents/verify', {
    readBack: 'all',
  });
  const runs = async () => {
    const { body } = await ask(mirror, 'GET /verify', '/verify?mirror=documents');
    return (body as { readonly runs: readonly { kind: string; asked: boolean }[] }).runs.map(
      ({ kind, asked }) => `${kind} ${asked}`,
    );
  };
  await eventually(async () =>
    expect(await runs()).toEqual(expect.arrayContaining(['reconcile false', 'read-back true'])),
  );
  daemon.kill('SIGTERM');
  await daemon.finished;
  daemon = await running(mirror);
  expect(await runs()).toEqual(expect.arrayContaining(['reconcile false', 'read-back true']));
  expect(await excluded()).toMatchObject({ entries: 2 });
});

test('control API: the configuration on disk is compared with what is loaded, and a reload is shown first', async () => {
  const mirror = openLocalMirror(MIRROR);
  for (const name of ['a.txt', 'b.log']) mirror.write(name);
  await running(mirror);
  const config = async () => (await ask(mirror, 'GET /config', '/config')).body;
  const preview = async () =>
    (await ask(mirror, 'GET /reload', '/reload')).body as { readonly digest: string };
  expect(await config()).toMatchObject({ valid: true, differs: [], differsSinceMs: null });
  expect(await preview()).toMatchObject({ outcome: 'unchanged', refused: [] });

  mirror.writeConfig('    exclude: ["*.tmp", "*.log"]\n    deletes: trash\n');
  expect(await config()).toMatchObject({
    valid: true,
    differs: [
      {
        setting: 'mirrors.documents.exclude',
        at: expect.stringMatching(/^longshore\.yaml:\d+$/),
        loaded: '["*.tmp"]',
        disk: '["*.tmp","*.log"]',
      },
    ],
    differsSinceMs: expect.any(Number),
  });
  const shown = await preview();
  expect(shown).toMatchObject({
    outcome: 'announced',
    affected: [{ mirror: 'documents', becomes: 'left', objects: 1, names: ['b.log'] }],
  });
  expect((await mirror.longshore('reload', '--dry-run')).stdout).toMatch(
    /would wait for --apply\n {2}begins again: documents \(exclude\)[\s\S]*b\.log/,
  );

  mirror.writeConfig('    exclude: ["*.tmp", "*"]\n    deletes: trash\n');
  const order = { digest: shown.digest, apply: true };
  expect(await ask(mirror, 'POST /reload', '/reload', order)).toMatchObject({ status: 409 });
  expect(await config()).toMatchObject({ differs: [{ loaded: '["*.tmp"]' }] });

  mirror.writeConfig('    exclude: [*.tmp]\n');
  expect(await config()).toMatchObject({
    valid: false,
    digest: null,
    differs: [],
    complaints: [expect.stringContaining('longshore.yaml:')],
  });
  expect(await preview()).toMatchObject({ outcome: 'refused', digest: null });

  mirror.writeConfig('    exclude: ["*.tmp", "*.log"]\n    deletes: trash\n');
  expect(await ask(mirror, 'POST /reload', '/reload', order)).toMatchObject({
    status: 200,
    body: { outcome: 'done' },
  });
  expect(await config()).toMatchObject({
    differs: [],
    differsSinceMs: null,
    settings: expect.arrayContaining([
      expect.objectContaining({ setting: 'mirrors.documents.exclude', value: '["*.tmp","*.log"]' }),
    ]),
  });
});
