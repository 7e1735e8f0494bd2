import { bytes, count, duration } from '../status/units.js';
import type { Process } from './api.js';
import { FullName } from './names.js';
import { Notifications } from './notifications.js';
import { Command, Facts, type ViewProps } from './parts.js';
import { Configuration } from './settings.js';
import { percent } from './small-plots.js';
import { milliseconds } from './targets.js';
import { momentOf } from './times.js';

const COMMANDS = [
  ['All of this, in a terminal', 'longshore status'],
  ['Whether the file on disk is valid', 'longshore check'],
  ['What waits for a decision', 'longshore held'],
  ['Try each target', 'longshore probe'],
] as const;

/** What it takes of its machine. */
function processFacts(process: Process | undefined) {
  if (process === undefined) return [];
  const { p50, p99, max } = process.eventLoopLagSeconds;
  const { openFiles, openFilesLimit } = process;
  return [
    ['Node.js', process.node, process.platform] as const,
    ['Memory', bytes(process.memoryBytes), `${bytes(process.heapBytes)} of it JavaScript`] as const,
    [
      'CPU',
      percent(process.cpuShare, 1),
      `of one core; ${duration(process.cpuSeconds)} in all`,
    ] as const,
    [
      'Event loop late, p50 / p99',
      `${milliseconds(p50)} / ${milliseconds(p99)}`,
      `at most ${milliseconds(max)}, in a minute`,
    ] as const,
    openFiles === null
      ? null
      : ([
          'Open descriptors',
          count(openFiles),
          openFilesLimit === null ? '' : `of ${count(openFilesLimit)}`,
        ] as const),
  ];
}

/** The process, what it was started with, and the commands beside the page. */
export function ServicePage(props: ViewProps) {
  const { model, acts } = props;
  const { status, nowMs, zone } = model;
  const { version, host, pid, startedAtMs, configFile, mirrors } = status;
  return (
    <>
      <h1 class="page">The service on {host}</h1>
      <div class="two">
        <section aria-labelledby="h-process">
          <h2 id="h-process">Process</h2>
          <Facts
            rows={[
              ['Version', version],
              pid === undefined ? null : ['Process id', String(pid)],
              startedAtMs === undefined
                ? null
                : [
                    'Running since',
                    momentOf(startedAtMs, nowMs, zone),
                    duration((nowMs - startedAtMs) / 1_000),
                  ],
              configFile === undefined ? null : ['Configuration', <FullName name={configFile} />],
              ['Mirrors', count(mirrors.length)],
              ['Targets', count(model.targets.length)],
              ['Times are those of', zone],
              ...processFacts(model.process),
            ]}
          />
        </section>
        <aside aria-labelledby="h-commands">
          <h2 id="h-commands">Commands</h2>
          {COMMANDS.map(([what, command]) => (
            <div key={command}>
              <p class="soft">{what}:</p>
              <Command text={command} acts={acts} />
            </div>
          ))}
          <p class="filters">
            <a href="/sign-in">Sign out</a>
          </p>
        </aside>
      </div>
      <Configuration {...props} />
      <Notifications {...props} />
      <section aria-labelledby="h-diagnostics">
        <h2 id="h-diagnostics">Diagnostics</h2>
        <p class="soft">
          For a bug report: versions, states, the configuration, the last lines of the log, without
          secrets. <a href="/api/v1/diagnostics">Download</a>, or{' '}
          <a href="/api/v1/diagnostics?hide-names=yes">without the names of files</a>.
        </p>
      </section>
    </>
  );
}
