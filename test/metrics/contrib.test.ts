import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { METRICS, type MetricFacts } from '../../src/metrics/names.js';

const contrib = (file: string) =>
  readFileSync(fileURLToPath(new URL(`../../../contrib/${file}`, import.meta.url)), 'utf8');

/** Of prom-client, in the daemon's text: test/e2e/metrics.test.ts reads it. */
const OF_THE_PROCESS = [
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'nodejs_eventloop_lag_p99_seconds',
];

const known = new Set(
  Object.entries<MetricFacts>(METRICS).flatMap(([name, { type }]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
);

const namesIn = (text: string) =>
  [...text.matchAll(/\b(?:longshore|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name);

test.each(['prometheus/longshore.rules.yml', 'prometheus/longshore.rules.test.yml'])(
  '%s names only metrics that there are',
  (file) => {
    const names = namesIn(contrib(file));
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  },
);

test('the Grafana dashboard names only metrics that there are, each with labels that it has', () => {
  const { panels, templating } = JSON.parse(contrib('grafana/longshore.json')) as {
    panels: { type: string; title: string; targets?: { expr: string }[] }[];
    templating: { list: { query: unknown }[] };
  };
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  expect(expressions.length).toBeGreaterThan(20);
  const texts = [...expressions, ...templating.list.map(({ query }) => JSON.stringify(query))];
  const names = texts.flatMap(namesIn);
  expect(names.filter((name) => !known.has(name) && !OF_THE_PROCESS.includes(name))).toEqual([]);
  for (const [, name = '', matchers = ''] of texts
    .join('\n')
    .matchAll(/(longshore_[a-z_]+)\{([^}]*)\}/g)) {
    const { labels } = METRICS[
      name.replace(/_(bucket|sum|count)$/, '') as keyof typeof METRICS
    ] as MetricFacts;
    for (const [, label = ''] of matchers.matchAll(/(\w+)\s*=~?/g))
      expect(labels, `${name}{${matchers}}`).toContain(label);
  }
});

test('each panel of the dashboard has a title, a place of its own and a question', () => {
  const { panels } = JSON.parse(contrib('grafana/longshore.json')) as {
    panels: { id: number; type: string; title: string; targets?: unknown[] }[];
  };
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { type, title, targets = [] } of panels) {
    expect(title).not.toBe('');
    if (type !== 'row') expect(targets.length, title).toBeGreaterThan(0);
  }
});
