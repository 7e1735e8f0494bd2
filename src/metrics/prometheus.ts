import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import type { Family } from './families.js';
import type { MetricsText } from './metrics-text.js';

// The only file that knows prom-client. It is loaded with the first text that is asked for.

/** Gauges whose names end in _total, which Prometheus keeps for counters: `promtool check metrics` refuses them. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

let ofThisProcess: Registry | undefined;

/** CPU, memory, file descriptors, event loop and garbage collection of this process, measured from the first call on. */
function processRegistry(): Registry {
  if (ofThisProcess !== undefined) return ofThisProcess;
  ofThisProcess = new Registry();
  collectDefaultMetrics({ register: ofThisProcess });
  for (const name of MISNAMED) ofThisProcess.removeSingleMetric(name);
  return ofThisProcess;
}

/** The families as text, with those of the process where asked for. */
export async function renderFamilies(
  families: readonly Family[],
  ofProcess: boolean,
): Promise<MetricsText> {
  const registry = new Registry();
  for (const family of families) registry.registerMetric(asMetric(family));
  const own = await registry.metrics();
  const process = ofProcess ? await processRegistry().metrics() : '';
  return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text: `${own}${process}` };
}

/**
 * A registry asks a metric for its name and, by `get`, for its values. prom-client's own classes count by themselves, at the
 * price of a lookup by joined labels for each number, which the counting of every object does not pay here.
 */
function asMetric({ name, type, help, samples }: Family): Metric {
  const values = samples.map(({ suffix, labels, value }) => ({
    labels,
    value,
    metricName: `${name}${suffix}`,
  }));
  const metric = {
    name,
    get: () => Promise.resolve({ name, type, help, aggregator: 'sum', values }),
  };
  return metric as unknown as Metric;
}
