import type { Distribution } from './distribution.js';
import { METRICS, type MetricFacts, type MetricName } from './names.js';

/** One number of a metric, under the values of its labels in the order of `MetricFacts.labels`. */
export interface Sample {
  /** Appended to the metric's name: `_bucket`, `_sum`, `_count` of a histogram; else empty. */
  readonly suffix: '' | '_bucket' | '_sum' | '_count';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with its numbers at one moment. */
export interface Family extends MetricFacts {
  readonly name: MetricName;
  readonly samples: readonly Sample[];
}

/** Collects samples into families. */
export interface FamilyCollector {
  /** Adds a number; null and undefined, which are not known, are not added. Throws for labels that the metric does not have. */
  add(
    name: MetricName,
    labels: readonly string[],
    value: number | boolean | null | undefined,
  ): void;
  addDistribution(name: MetricName, labels: readonly string[], distribution: Distribution): void;
  /** In the order of METRICS; those without a number are missing. */
  families(): readonly Family[];
}

export function collectFamilies(): FamilyCollector {
  const samples = new Map<MetricName, Sample[]>();

  function push(name: MetricName, sample: Sample): void {
    const list = samples.get(name);
    if (list) list.push(sample);
    else samples.set(name, [sample]);
  }

  return {
    add(name, labels, value) {
      if (value === null || value === undefined) return;
      push(name, { suffix: '', labels: labelled(name, labels), value: Number(value) });
    },
    addDistribution(name, values, { bounds, counts, sum }) {
      const labels = labelled(name, values);
      let below = 0;
      for (const [at, bound] of [...bounds, Number.POSITIVE_INFINITY].entries()) {
        below += counts[at] ?? 0;
        const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound);
        push(name, { suffix: '_bucket', labels: { ...labels, le }, value: below });
      }
      push(name, { suffix: '_sum', labels, value: sum });
      push(name, { suffix: '_count', labels, value: below });
    },
    families: () =>
      (Object.keys(METRICS) as MetricName[]).flatMap((name) => {
        const found = samples.get(name);
        return found === undefined ? [] : [{ name, ...METRICS[name], samples: found }];
      }),
  };
}

function labelled(name: MetricName, values: readonly string[]): Readonly<Record<string, string>> {
  const { labels } = METRICS[name];
  if (labels.length !== values.length)
    throw new TypeError(`${name} has the labels ${labels.join(', ')}, not ${values.length}`);
  return Object.fromEntries(labels.map((label, at) => [label, values[at] ?? '']));
}
