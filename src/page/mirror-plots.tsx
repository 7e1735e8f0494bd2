import { duration } from '../status/units.js';
import type { ApiTarget, Day, LagSeries, MirrorSummary, ThroughputSeries } from './api.js';
import { largest, linearScale, logScale, roundTop } from './curves.js';
import { targetOf } from './mirrors-table.js';
import { PLOT_HEIGHT, Plot } from './plot.js';
import { useState } from './preact.js';
import { BAR_DAYS, DayBar, percent, shareWithin } from './small-plots.js';
import { DAYS } from './states.js';
import { rate } from './targets.js';
import { dayName, minuteOf } from './times.js';

/** Lags that have a line across, where they are below the top. */
const LINES = [1, 60, 600, 3_600, 21_600, 86_400, 604_800];
const LEAST_TOP = 3_600;

/** The lag of a day, logarithmic: a second and an hour are both to be seen. */
export function LagPlot({
  lag,
  mirror,
  zone,
}: {
  lag: LagSeries;
  mirror: MirrorSummary;
  zone: string;
}) {
  const target = targetOf(mirror);
  const most = largest(lag.max);
  const top = Math.max(LEAST_TOP, target * 4, most * 1.2);
  const above = lag.max.filter((value) => value !== null && value > target).length;
  const known = lag.max.some((value) => value !== null);
  return (
    <Plot
      title="Lag, last 24 h"
      note={
        above === 0
          ? known
            ? 'never above target'
            : 'not known yet'
          : `above target for ${duration(above * lag.stepSeconds)}`
      }
      summary={`Lag over 24 h: at most ${duration(most)}, target ${duration(target)}`}
      values={lag.max}
      fromMs={lag.fromMs}
      stepSeconds={lag.stepSeconds}
      scale={logScale(top, PLOT_HEIGHT)}
      ticks={LINES.filter((seconds) => seconds < top).map((seconds) => [
        seconds,
        duration(seconds),
      ])}
      line={{ value: target, text: `target ${duration(target)}` }}
      valueText={(value) => (value === null ? 'not known' : duration(value))}
      timeText={(ms) => minuteOf(ms, zone)}
      everySeconds={3 * 3_600}
    />
  );
}

/** The throughput of the mirror's target, of all its mirrors together. */
export function ThroughputPlot({
  series,
  target,
  zone,
}: {
  series: ThroughputSeries;
  target: ApiTarget;
  zone: string;
}) {
  const { bytesPerSecond: values, throttled, fromMs, stepSeconds } = series;
  const limit = target.limit?.bytesPerSecond;
  const top = roundTop(Math.max(largest(values), limit ?? 0, 1) * 1.05);
  return (
    <Plot
      title={`Throughput of ${target.target}, last hour`}
      note="all its mirrors together; marks: the provider asked for less"
      summary={`Throughput of the last hour: at most ${rate(largest(values))}, ${limit === undefined ? 'no limit' : `limit ${rate(limit)}`}`}
      values={values}
      fromMs={fromMs}
      stepSeconds={stepSeconds}
      scale={linearScale(top, PLOT_HEIGHT)}
      ticks={[
        [top, rate(top)],
        [top / 2, rate(top / 2)],
        [0, '0'],
      ]}
      line={limit === undefined ? undefined : { value: limit, text: `limit ${rate(limit)}` }}
      marks={throttled.flatMap((times, at) => (times > 0 ? [at] : []))}
      accent
      valueText={(value) => (value === null ? 'not known' : rate(value))}
      timeText={(ms) => minuteOf(ms, zone)}
      everySeconds={15 * 60}
    />
  );
}

/** The last 90 days; pointer and keyboard read each of them out. */
export function DaysPlot({ days, name }: { days: readonly Day[]; name: string }) {
  const [at, setAt] = useState<number | undefined>(undefined);
  const good = days.filter(({ worst }) => worst === 'within').length;
  const share = shareWithin(days);
  const shown = at ?? BAR_DAYS - 1;
  const text = dayText(days[shown - (BAR_DAYS - days.length)]);
  return (
    <figure>
      <h2>
        Last 90 days
        <small>
          {good} {good === 1 ? 'day' : 'days'} within target all day
        </small>
        <span class="read r">
          {at === undefined ? (share === null ? '' : `${percent(share)} of the time`) : text}
        </span>
      </h2>
      <div class="plot dayplot">
        <div class="field">
          <DayBar days={days} name={name} {...(at === undefined ? {} : { at })} />
          <input
            type="range"
            min={0}
            max={BAR_DAYS - 1}
            value={shown}
            aria-label="Last 90 days: day"
            aria-valuetext={text}
            onInput={(event) => setAt(Number(event.currentTarget.value))}
            onFocus={() => setAt(shown)}
            onBlur={() => setAt(undefined)}
          />
        </div>
      </div>
    </figure>
  );
}

function dayText(day: Day | undefined): string {
  if (day === undefined) return DAYS.none.text;
  const worst =
    day.worstLagSeconds === null ? '' : `, lag at most ${duration(day.worstLagSeconds)}`;
  return `${dayName(day.day)}: ${DAYS[day.worst].text}${worst}`;
}
