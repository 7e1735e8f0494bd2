import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { eventually } from '../world/eventually.js';
import { createFolder } from '../world/folder.js';
import type { Program } from '../world/program.js';
import { canMount } from '../world/rights.js';
import { seeded } from '../world/tree.js';
import { openWorkspace } from '../world/workspace.js';

const FILES = 60;
const OWN = '.longshore/';

interface Mirror {
  readonly source: string;
  daemon(): Program;
  /** Names and contents of all objects. */
  objects(): ReadonlyMap<string, string>;
  /** Called after each request that changed something. */
  onChange: () => void;
}

async function onS3(watch: string): Promise<Mirror> {
  const fake: FakeS3 = await startFakeS3();
  const { folder, start } = openWorkspace('renames', () => fake.close());
  const target = `driver: s3, profile: aws, region: us-east-1, host: 127.0.0.1, port: ${fake.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: "${ACCOUNT.secret}", request_rate: 40`;
  const mirror: Mirror = {
    ...files(folder, start, target, watch),
    objects() {
      const { store } = fake.rules;
      const bucket = store.buckets.get('documents');
      const keys =
        bucket === undefined ? [] : store.keys(bucket).filter((key) => !key.startsWith(OWN));
      return new Map(
        keys.map((key) => [
          key,
          bucket === undefined ? '' : store.object(bucket, key).bytes.toString(),
        ]),
      );
    },
    onChange: () => {},
  };
  const { push } = fake.log;
  // Each request is noted right after its work is done, and before any other is.
  fake.log.push = (...requests) => {
    if (requests.some(({ operation }) => /^(Put|Copy|Delete|Complete)/.test(operation)))
      mirror.onChange();
    return push.apply(fake.log, requests);
  };
  return mirror;
}

function files(
  folder: string,
  start: ReturnType<typeof openWorkspace>['start'],
  target: string,
  watch: string,
) {
  const config = join(folder, 'longshore.yaml');
  mkdirSync(join(folder, 'source'));
  const mirror = `name: documents, source: ./source, target: t, container: documents, settle: 20ms, guard: off, watch: ${watch}`;
  writeFileSync(
    config,
    `state: ./state\ntargets:\n  t: { ${target} }\nmirrors:\n  - { ${mirror} }\n`,
    { mode: 0o600 },
  );
  return {
    source: join(folder, 'source'),
    daemon: () => start(['--config', config, 'run', '--take-over']),
  };
}

/** Files whose contents are never changed: they only move. */
function plant(source: string): void {
  for (let at = 0; at < FILES; at += 1) {
    const path = join(source, `d${at % 6}`, `f${at}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `content ${at}`);
  }
}

function contentsOf(objects: ReadonlyMap<string, string>): Set<string> {
  return new Set(objects.values());
}

/** Moves something, and says what it did. */
function move(source: string, random: () => number, turn: number): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const folders = readdirSync(source).filter((name) => statSync(join(source, name)).isDirectory());
  const folder = pick(folders.filter((name) => readdirSync(join(source, name)).length > 0));
  const file = pick(readdirSync(join(source, folder)));
  const mv = (from: string, to: string) => {
    renameSync(join(source, from), join(source, to));
    return `${from} -> ${to}`;
  };
  switch (Math.floor(random() * 6)) {
    case 0:
      return mv(`${folder}/${file}`, `${pick(folders)}/n${turn}`);
    case 1:
      mkdirSync(join(source, `new${turn}`));
      return mv(`${folder}/${file}`, `new${turn}/${file}`);
    case 2: {
      // Twice, and then with its folder.
      const first = mv(`${folder}/${file}`, `${folder}/t${turn}`);
      return `${first}, ${mv(`${folder}/t${turn}`, `${folder}/u${turn}`)}, ${mv(folder, `moved${turn}`)}`;
    }
    case 3: {
      const rotated = mv(`${folder}/${file}`, `${folder}/${file}.${turn}`);
      writeFileSync(join(source, folder, file), '');
      return `${rotated}, and an empty ${file}`;
    }
    case 4: {
      // The names of a folder are used again.
      const moved = mv(folder, `was${turn}`);
      mkdirSync(join(source, folder));
      writeFileSync(join(source, folder, file), '');
      return `${moved}, and an empty ${folder}/${file}`;
    }
    default: {
      // Onto a file that is empty, so that no content ends.
      const empty = join(source, 'd0', 'empty');
      mkdirSync(dirname(empty), { recursive: true });
      if (!existsSync(empty)) writeFileSync(empty, '');
      return statSync(empty).size === 0 ? mv(`${folder}/${file}`, 'd0/empty') : 'nothing';
    }
  }
}

function sourceFiles(source: string, below = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(join(source, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory())
      for (const [name, size] of sourceFiles(source, path)) found.set(name, size);
    else found.set(path, String(statSync(join(source, path)).size));
  }
  return found;
}

function sizesOf(objects: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...objects].map(([name, content]) => [name, String(content.length)]));
}

test.each(['chokidar', 'directories'])(
  'P1, P5: files that move are in the container under one name or another, whenever it is looked at (watch: %s)',
  {
    timeout: 280_000,
  },
  async (watch) => {
    const random = seeded(watch.length * 7919);
    const mirror = await onS3(watch);
    plant(mirror.source);
    let daemon = mirror.daemon();
    await eventually(() => expect(contentsOf(mirror.objects()).size).toBe(FILES), 120_000);
    const missing: string[] = [];
    const moves: string[] = [];
    mirror.onChange = () => {
      const there = contentsOf(mirror.objects());
      for (let at = 0; at < FILES; at += 1) {
        if (!there.has(`content ${at}`))
          missing.push(`content ${at} after ${moves.length} moves: ${moves.slice(-4).join('; ')}`);
      }
    };
    for (let turn = 0; turn < 120; turn += 1) {
      moves.push(move(mirror.source, random, turn));
      if (random() < 0.4) await pause(random() * 120);
      if (turn % 30 === 15) {
        daemon.kill('SIGKILL');
        await daemon.finished;
        daemon = mirror.daemon();
      }
    }
    await eventually(
      () => expect(sizesOf(mirror.objects())).toEqual(sourceFiles(mirror.source)),
      120_000,
    );
    expect(missing.slice(0, 5)).toEqual([]);
    daemon.kill('SIGTERM');
    await daemon.finished;
  },
);

test.skipIf(!canMount)(
  'P4: a full target keeps the object under the old name of a file until the new one fits',
  async () => {
    const vault = createFolder('full');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', vault]);
    onTestFinished(() => {
      execFileSync('umount', ['-l', vault]);
      rmdirSync(vault);
    });
    const { folder, start } = openWorkspace('full');
    const { source } = files(folder, start, `driver: local, root: ${vault}`, 'scan');
    const once = () => start(['--config', join(folder, 'longshore.yaml'), 'reconcile']).finished;
    const objects = () =>
      readdirSync(join(vault, 'documents')).filter((name) => name !== '.longshore');
    writeFileSync(join(source, 'old'), randomBytes(9_000_000));
    writeFileSync(join(source, 'kept'), 'kept');
    await once(); // the first one deletes nothing
    expect((await once()).code).toBe(0);
    expect(objects()).toEqual(['kept', 'old']);
    const { bavail, bsize } = statfsSync(vault);
    writeFileSync(join(vault, 'filler'), Buffer.alloc(bavail * bsize - 1_000_000, 1));
    renameSync(join(source, 'old'), join(source, 'new'));
    expect((await once()).code).not.toBe(0);
    expect(objects()).toEqual(['kept', 'old']);
    rmSync(join(vault, 'filler'));
    expect((await once()).code).toBe(0);
    expect(objects()).toEqual(['kept', 'new']);
  },
);
