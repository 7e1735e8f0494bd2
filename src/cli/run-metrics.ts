import type { Clock } from '../clock.js';
import type { OnceOptions, OnceResult } from '../daemon.js';
import { createMetrics } from '../metrics/metrics.js';
import { writeMetricsFile } from '../metrics/textfile.js';
import { readVersion } from '../package-files.js';
import type { Telemetry } from '../telemetry/telemetry.js';

/** The metrics of a one-shot run, as a file for node_exporter. */
export interface RunMetrics {
  /** Resolves when the file is written. Rejects when it cannot be. */
  write(results: readonly OnceResult[]): Promise<void>;
}

export interface RunMetricsOptions {
  /** Absolute path. */
  readonly path: string;
  readonly configFile: string;
  readonly run: OnceOptions['run'];
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** Counts from now on. */
export function openRunMetrics(options: RunMetricsOptions): RunMetrics {
  const { path, configFile, run, telemetry, clock } = options;
  const metrics = createMetrics(telemetry, clock);
  const startedAtMs = clock.now();
  return {
    async write(results) {
      metrics.close();
      for (const { mirror, error } of results)
        if (error !== undefined) metrics.counts.runFailed(mirror, run);
      const { text } = await metrics.textOfRun({
        version: readVersion(),
        pid: process.pid,
        startedAtMs,
        configFile,
        mirrors: results.flatMap(({ status }) => status ?? []),
        targets: [],
      });
      await writeMetricsFile(path, text);
    },
  };
}
