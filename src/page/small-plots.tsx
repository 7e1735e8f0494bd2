import { duration } from '../status/units.js';
import type { Day, LagSeries } from './api.js';
import { curveOf, lagScale, largest } from './curves.js';
import { DAYS } from './states.js';

const SPARK = { width: 190, height: 36 };

/** The lag of the last 24 hours, with the target at half the height. */
export function Sparkline({ lag, targetSeconds }: { lag: LagSeries; targetSeconds: number }) {
  const scale = lagScale(targetSeconds, SPARK.height);
  const { line, area, over } = curveOf(lag.max, SPARK, scale, targetSeconds);
  const most = lag.max.some((value) => value !== null)
    ? `at most ${duration(largest(lag.max))}`
    : 'not known';
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${SPARK.width} ${SPARK.height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Lag over 24 h: ${most}, target ${duration(targetSeconds)}`}
    >
      <path class="area" d={area} />
      <path class="over" d={over} />
      <path class="tgt" d={`M0 ${SPARK.height / 2}H${SPARK.width}`} />
      <path class="ln" d={line} />
      <path class="base" d={`M0 ${SPARK.height - 0.5}H${SPARK.width}`} />
    </svg>
  );
}

/** Days that the bar has. */
export const BAR_DAYS = 90;

/** The share of the time that longshore ran within its target; null: no day is known. */
export function shareWithin(days: readonly Day[]): number | null {
  const known = days.flatMap(({ withinTarget }) => (withinTarget === null ? [] : [withinTarget]));
  return known.length === 0 ? null : known.reduce((sum, share) => sum + share, 0) / known.length;
}

/** `99.7 %`, rounded down: 100 % is said of all the time only. */
export function percent(share: number, digits = 2): string {
  const scale = 10 ** digits;
  return `${(Math.floor(share * 100 * scale) / scale).toFixed(digits)} %`;
}

/** A day each: height and colour say the same. */
export function DayBar({ days, name, at }: { days: readonly Day[]; name: string; at?: number }) {
  const shown = days.slice(-BAR_DAYS);
  const none = BAR_DAYS - shown.length;
  const good = shown.filter(({ worst }) => worst === 'within').length;
  const bars = [...Array<'none'>(none).fill('none'), ...shown.map(({ worst }) => worst)];
  return (
    <svg
      class="days"
      viewBox="0 0 269 22"
      preserveAspectRatio="none"
      role="img"
      aria-label={`The last 90 days of ${name}: ${good} of ${shown.length} within target all day`}
    >
      {bars.map((kind, day) => {
        const { fill, height } = DAYS[kind];
        return kind === 'stopped' ? (
          <rect class={fill} x={day * 3 + 0.5} y={1.5} width={1.2} height={19} key={`d${day}`} />
        ) : (
          <rect
            class={fill}
            x={day * 3}
            y={21 - height}
            width={2.2}
            height={height}
            key={`d${day}`}
          />
        );
      })}
      {at === undefined ? null : <rect class="cur" x={at * 3 - 0.4} y={0} width={3} height={22} />}
    </svg>
  );
}
