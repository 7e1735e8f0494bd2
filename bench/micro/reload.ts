// Time of a reload of 50 mirrors, one of them changed: npm run bench -- micro reload [MIRRORS] [RELOADS]
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const [mirrors = 50, reloads = 20] = process.argv.slice(2).map(Number);
const FILES = 20;
const MAIN = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));
const folder = mkdtempSync('/var/tmp/longshore-bench-reload-');
const file = join(folder, 'longshore.yaml');

/** All mirrors, the first one with this limit. */
function writeConfig(seconds: number): void {
  const each = Array.from({ length: mirrors }, (_, at) => {
    const lines = [
      `  - name: m${at}`,
      `    source: ./sources/m${at}`,
      '    target: vault',
      `    container: m${at}`,
    ];
    return [...lines, ...(at === 0 ? [`    settle_limit: ${seconds}s`] : [])].join('\n');
  });
  const target = 'targets:\n  vault: { driver: local, root: ./vault, fsync: false }';
  writeFileSync(file, `state: ./state\n${target}\nmirrors:\n${each.join('\n')}\n`);
}

/** Seconds of CPU that a process has used; see proc_pid_stat(5). Ticks are of 10 ms. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user + system) / 100;
}

async function reload(): Promise<{ readonly outcome: string; readonly seconds: number }> {
  const socketPath = join(folder, 'state', 'control.sock');
  const headers = { 'content-type': 'application/json' };
  const answer = await new Promise<string>((resolve, reject) => {
    request({ socketPath, method: 'POST', path: '/api/v1/reload', headers }, (response) =>
      text(response).then(resolve, reject),
    )
      .on('error', reject)
      .end('{}');
  });
  return JSON.parse(answer) as { readonly outcome: string; readonly seconds: number };
}

for (let at = 0; at < mirrors; at += 1) {
  const source = join(folder, 'sources', `m${at}`);
  mkdirSync(source, { recursive: true });
  for (let each = 0; each < FILES; each += 1) writeFileSync(join(source, `f${each}`), `${at}`);
}
writeConfig(30);
const daemon = spawn(process.execPath, [MAIN, '--config', file, 'run'], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
try {
  let log = '';
  await new Promise<void>((resolve, reject) => {
    daemon.on('close', () => reject(new Error(log)));
    daemon.stderr.on('data', (chunk) => {
      log += chunk;
      if (log.includes(' watching ')) resolve();
    });
  });
  const times: number[] = [];
  const cpuBefore = cpuSeconds(daemon.pid ?? 0);
  for (let at = 0; at < reloads; at += 1) {
    writeConfig(31 + at);
    const startedMs = performance.now();
    const { outcome } = await reload();
    times.push((performance.now() - startedMs) / 1_000);
    if (outcome !== 'done') throw new Error(`the reload is ${outcome}`);
  }
  const cpu = (cpuSeconds(daemon.pid ?? 0) - cpuBefore) / reloads;
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(3);
  console.log(
    `${mirrors} mirrors, one changed, ${reloads} reloads: median ${at(0.5)} s, slowest ${at(1)} s, CPU ${cpu.toFixed(3)} s each`,
  );
} finally {
  daemon.kill('SIGTERM');
  await new Promise((resolve) => daemon.on('close', resolve));
  rmSync(folder, { recursive: true, force: true });
}
