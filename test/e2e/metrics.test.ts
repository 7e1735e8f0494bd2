import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../src/metrics/names.js';
import { freePort } from '../browser/served-mirror.js';
import { ACCOUNT, startFakeS3 } from '../fakes/s3/server.js';
import { hasPrometheus, RULES, startPrometheus } from '../metrics/prometheus-server.js';
import { eventually } from '../world/eventually.js';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import { run } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

const LONG = 50_000;

function promtool(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync('promtool', args, {
    input,
    encoding: 'utf8',
    cwd: RULES,
  });
  return { status, output: `${stdout}${stderr}` };
}

async function scrape(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(answer.status).toBe(200);
  return answer.text();
}

/** The value of a sample; NaN: there is none. */
const sampleOf = (text: string, sample: string) =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${sample} `))
      ?.slice(sample.length + 1) ?? Number.NaN,
  );

describe.runIf(hasPrometheus)('alert rules', () => {
  test('are valid, and fire and end as their tests say', () => {
    expect(promtool(['check', 'rules', 'longshore.rules.yml'])).toMatchObject({ status: 0 });
    expect(promtool(['test', 'rules', 'longshore.rules.test.yml'])).toMatchObject({ status: 0 });
  });
});

describe('metrics of a daemon', () => {
  test.runIf(hasPrometheus)(
    'are what promtool wants, and say that a mirror is in sync',
    async () => {
      const port = await freePort();
      const mirror = openLocalMirror();
      const file = join(mirror.folder, 'longshore.yaml');
      writeFileSync(
        file,
        `metrics: { listen: "127.0.0.1:${port}" }\n${readFileSync(file, 'utf8')}`,
      );
      mirror.write('a', 'x'.repeat(1_000));
      mirror.daemon();
      const inSync = 'longshore_mirror_state{mirror="documents",state="in-sync"}';
      await eventually(async () => expect(sampleOf(await scrape(port), inSync)).toBe(1), LONG);
      const text = await scrape(port);
      expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, output: '' });
      expect(sampleOf(text, 'longshore_sent_bytes_total{mirror="documents"}')).toBe(1_000);
      expect(sampleOf(text, 'longshore_mirror_lag_seconds{mirror="documents"}')).toBe(0);
      expect(sampleOf(text, 'longshore_mirror_bytes{mirror="documents",state="source"}')).toBe(
        1_000,
      );
      const ago =
        Date.now() / 1000 -
        sampleOf(
          text,
          'longshore_mirror_last_success_timestamp_seconds{mirror="documents",kind="reconcile"}',
        );
      expect(ago).toBeGreaterThan(0);
      expect(ago).toBeLessThan(600);
      for (const name of [
        'process_cpu_seconds_total',
        'process_resident_memory_bytes',
        'nodejs_eventloop_lag_p99_seconds',
      ])
        expect(text).toContain(`# TYPE ${name} `);
      expect(text).not.toMatch(/[{,]name="|"a"/);
      const overSocket = spawnSync(
        'curl',
        ['-s', '--unix-socket', join(mirror.state, 'control.sock'), 'http://longshore/metrics'],
        { encoding: 'utf8' },
      );
      if (overSocket.error === undefined) expect(overSocket.stdout).toContain(`${inSync} 1\n`);
    },
  );

  test.runIf(hasPrometheus)(
    'make a real Prometheus fire the alerts of a lag and of a target that is down',
    async () => {
      const port = await freePort();
      const fake = await startFakeS3();
      const { folder, start } = openWorkspace('lag', () => fake.close());
      mkdirSync(join(folder, 'source'));
      const config = join(folder, 'longshore.yaml');
      writeFileSync(
        config,
        `state: ./state
metrics: { listen: "127.0.0.1:${port}" }
targets:
  offsite: { driver: s3, profile: aws, region: us-east-1, host: 127.0.0.1, port: ${fake.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: "${ACCOUNT.secret}" }
mirrors:
  - { name: documents, source: ./source, target: offsite, container: documents, settle: 20ms, max_lag: 1s }
`,
        { mode: 0o600 },
      );
      writeFileSync(join(folder, 'source', 'a'), 'a');
      start(['--config', config, 'run']);
      const inSync = 'longshore_mirror_state{mirror="documents",state="in-sync"}';
      await eventually(async () => expect(sampleOf(await scrape(port), inSync)).toBe(1), LONG);
      await fake.switchOff();
      writeFileSync(join(folder, 'source', 'b'), 'b');

      const prometheus = await startPrometheus(port);
      await eventually(async () => {
        const firing = await prometheus.firing();
        expect(firing).toEqual(
          expect.arrayContaining([
            'LongshoreMirrorBehind documents',
            'LongshoreMirrorNotWorking documents',
          ]),
        );
      }, LONG);
    },
  );
});

test('longshore reconcile --metrics-file: writes the result of the run, and a failure keeps the last success', async () => {
  const mirror = openLocalMirror();
  mirror.write('a');
  const folder = join(mirror.folder, 'textfile');
  mkdirSync(folder);
  const file = join(folder, 'longshore.prom');
  expect((await mirror.longshore('reconcile', '--metrics-file', file)).code).toBe(0);
  const text = readFileSync(file, 'utf8');
  if (hasPrometheus)
    expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, output: '' });
  expect(text).not.toMatch(/^(process|nodejs)_/m);
  const success =
    'longshore_mirror_last_success_timestamp_seconds{mirror="documents",kind="reconcile"}';
  const last = 'longshore_mirror_last_run_success{mirror="documents",run="reconcile"}';
  expect(sampleOf(text, success)).toBeGreaterThan(1_600_000_000);
  expect(sampleOf(text, last)).toBe(1);
  expect(sampleOf(text, 'longshore_mirror_objects{mirror="documents",state="stored"}')).toBe(1);
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(names.filter((name) => !Object.hasOwn(METRICS, name ?? ''))).toEqual([]);

  rmSync(mirror.source, { recursive: true });
  expect((await mirror.longshore('reconcile', '--metrics-file', file)).code).toBe(1);
  const after = readFileSync(file, 'utf8');
  expect(sampleOf(after, success)).toBe(sampleOf(text, success));
  expect(sampleOf(after, last)).toBe(0);
  expect(sampleOf(after, 'longshore_mirror_state{mirror="documents",state="source-missing"}')).toBe(
    1,
  );
  expect(readdirSync(folder)).toEqual(['longshore.prom']);

  const nowhere = await mirror.longshore('reconcile', '--metrics-file', '/does/not/exist.prom');
  expect(nowhere.stderr).toContain('cannot write the metrics to /does/not/exist.prom');
  expect(await run(['status', '--exit-code'], { cwd: mirror.folder })).toMatchObject({ code: 1 });
});
