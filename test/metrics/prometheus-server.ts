import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { freePort } from '../browser/served-mirror.js';
import { createFolder, removeFolder } from '../world/folder.js';

/** The folder of the rules for Prometheus. */
export const RULES = fileURLToPath(new URL('../../../contrib/prometheus/', import.meta.url));

export const hasPrometheus = ['promtool', 'prometheus'].every(
  (program) => spawnSync(program, ['--version']).status === 0,
);

/** A real Prometheus with the rules of contrib. */
export interface Prometheus {
  /** Name and mirror of each alert that fires, such as `LongshoreMirrorBehind documents`. Rejects while it starts. */
  firing(): Promise<readonly string[]>;
}

/** Scrapes the port of this machine each second, with rules whose `for` is a second, until the test has finished. */
export async function startPrometheus(scraped: number): Promise<Prometheus> {
  const own = await freePort();
  const folder = createFolder('prometheus');
  const rules = readFileSync(join(RULES, 'longshore.rules.yml'), 'utf8').replace(
    /for: \w+/g,
    'for: 1s',
  );
  writeFileSync(join(folder, 'rules.yml'), rules);
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs:
  - { job_name: longshore, static_configs: [{ targets: ["127.0.0.1:${scraped}"] }] }
`,
  );
  const child = spawn(
    'prometheus',
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${own}`,
    ],
    { stdio: 'ignore' },
  );
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    removeFolder(folder);
  });
  return {
    async firing() {
      const answer = await fetch(`http://127.0.0.1:${own}/api/v1/alerts`);
      const { data } = (await answer.json()) as {
        data: { alerts: { state: string; labels: Record<string, string> }[] };
      };
      return data.alerts.flatMap(({ state, labels }) =>
        state === 'firing' ? [`${labels['alertname']} ${labels['mirror']}`] : [],
      );
    },
  };
}
