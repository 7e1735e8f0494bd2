import { bytes, count, counted, duration } from '../status/units.js';
import type { ApiTarget, ThroughputSeries } from './api.js';
import { curveOf, largest, linearScale, xOf } from './curves.js';
import { Icon } from './icons.js';
import { Escaped } from './names.js';
import { Facts, type ViewProps } from './parts.js';
import { minuteOf } from './times.js';

const FRAME = { width: 300, height: 56 };

/** The providers: up or down, how fast, how well. */
export function Targets({ model }: Pick<ViewProps, 'model'>) {
  if (model.targets.length === 0) return null;
  return (
    <section aria-labelledby="h-targets">
      <div class="h2row">
        <h2 id="h-targets">Targets</h2>
        <span class="soft">
          throughput over the last hour; limits hold for all mirrors of a target together
        </span>
      </div>
      <div class="targets">
        {model.targets.map((target) => (
          <Target model={model} target={target} key={target.target} />
        ))}
      </div>
    </section>
  );
}

const SIGNS = {
  up: { name: 'ok', tone: 'ok' },
  down: { name: 'down', tone: 'bad' },
  paused: { name: 'paused', tone: 'stop' },
} as const;

function Target({ model, target }: Pick<ViewProps, 'model'> & { target: ApiTarget }) {
  const series = model.throughput[target.target];
  return (
    <article>
      <h3>
        <Icon {...SIGNS[target.state]} />
        <Escaped text={target.target} />
        {target.driver ? <small>{target.driver}</small> : null}
      </h3>
      <p class="word">
        <Escaped text={wordOf(target, model.nowMs, model.zone)} />
      </p>
      {series ? <Throughput series={series} target={target} /> : null}
      <Caption target={target} {...(series ? { series } : {})} zone={model.zone} />
      <Facts kind="kv" rows={targetFacts(target, model.nowMs)} />
    </article>
  );
}

/** One sentence about a target. */
export function wordOf(
  { state, why, sinceMs, limit }: ApiTarget,
  nowMs: number,
  zone: string,
): string {
  if (state === 'paused') return 'Paused. Its work waits.';
  if (state === 'up')
    return limit?.untilMs ? `Up. Its limit holds until ${minuteOf(limit.untilMs, zone)}.` : 'Up.';
  const since = sinceMs ? ` for ${duration((nowMs - sinceMs) / 1_000)}` : '';
  return `Down${since}. Its work waits.${why ? ` ${why}` : ''}`;
}

/** `19.8 MiB/s`. */
export function rate(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`;
}

function Throughput({ series, target }: { series: ThroughputSeries; target: ApiTarget }) {
  const { bytesPerSecond: values, throttled } = series;
  const limit = target.limit?.bytesPerSecond;
  const most = Math.max(largest(values), limit ?? 0, 1);
  const scale = linearScale(most * 1.1, FRAME.height);
  const { line, area } = curveOf(values, FRAME, scale);
  const marks = throttled.flatMap((times, at) =>
    times > 0 ? [`M${xOf(at, values.length, FRAME.width).toFixed(1)} 55v-8`] : [],
  );
  return (
    <svg
      class="thr"
      viewBox={`0 0 ${FRAME.width} ${FRAME.height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Throughput of the last hour: at most ${rate(largest(values))}, ${limit === undefined ? 'no limit' : `limit ${rate(limit)}`}`}
    >
      {target.state === 'down' ? <path class="gone" d={`M0 0H${FRAME.width}V55H0z`} /> : null}
      <path class="area" d={area} />
      {limit === undefined ? null : <path class="lim" d={`M0 ${scale(limit)}H${FRAME.width}`} />}
      <path class="ln" d={line} />
      <path class="mark" d={marks.join('')} />
      <path class="base" d={`M0 55.5H${FRAME.width}`} />
    </svg>
  );
}

function Caption({
  target,
  series,
  zone,
}: {
  target: ApiTarget;
  series?: ThroughputSeries;
  zone: string;
}) {
  const { bytesPerSecond, limit, state, sinceMs } = target;
  const throttled = series?.throttled.reduce((sum, times) => sum + times, 0) ?? 0;
  const right =
    state === 'down' && sinceMs
      ? `down since ${minuteOf(sinceMs, zone)}`
      : [
          limit ? `limit ${rate(limit.bytesPerSecond)}` : 'no limit',
          ...(throttled > 0 ? [`${counted(throttled, 'time')} asked for less`] : []),
        ].join(' · ');
  return (
    <p class="cap">
      <span>
        <b>{bytesPerSecond === undefined ? '–' : rate(bytesPerSecond)}</b>
      </span>
      <span class={state === 'down' ? 's-bad' : ''}>{right}</span>
    </p>
  );
}

/** What the two places that show a target have in common. */
export function targetFacts(target: ApiTarget, nowMs: number) {
  const { latencySeconds, requestsPerSecond, requestRate, errors24h, nextProbeMs, state } = target;
  const { month = null } = target;
  const latency = latencySeconds
    ? `${milliseconds(latencySeconds.p50)} / ${milliseconds(latencySeconds.p99)}`
    : '–';
  return [
    latencySeconds === undefined ? null : (['Latency p50 / p99', latency] as const),
    requestsPerSecond === undefined
      ? null
      : ([
          'Requests',
          requestRate
            ? `${count(Math.round(requestsPerSecond))} of ${count(requestRate)} per s`
            : `${count(Math.round(requestsPerSecond))} per s`,
        ] as const),
    errors24h === undefined ? null : (['Errors, 24 h', countsText(errors24h)] as const),
    month ? (['Requests this month', countsText(month.requests)] as const) : null,
    state === 'down' && nextProbeMs && nextProbeMs > nowMs
      ? (['Next probe', `in ${duration((nextProbeMs - nowMs) / 1_000)}`] as const)
      : null,
  ];
}

/** `8.4 ms`; null: not known. */
export function milliseconds(seconds: number | null): string {
  if (seconds === null) return '–';
  const ms = seconds * 1_000;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** `17 throttled, 2 timeout`, the most first. */
function countsText(counts: Readonly<Record<string, number>>): string {
  const named = Object.entries(counts)
    .filter(([, times]) => times > 0)
    .sort(([, a], [, b]) => b - a);
  return named.length === 0
    ? 'none'
    : named.map(([name, times]) => `${count(times)} ${name}`).join(', ');
}
