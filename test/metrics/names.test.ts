import { expect, test } from 'vitest';
import { METRICS, type MetricFacts } from '../../src/metrics/names.js';

const all = Object.entries<MetricFacts>(METRICS);

test.each(all)(
  'metric %s has a name, a unit, labels and a help text by the conventions',
  (name, facts) => {
    expect(name).toMatch(/^longshore_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith('_total')).toBe(facts.type === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds|kilobytes|mib|minutes|hours|percent)(_|$)/);
    expect(facts.help).toMatch(/^[A-Z].*[.]$/);
    for (const label of facts.labels) {
      expect(label).toMatch(/^[a-z]+$/);
      expect(['name', 'object', 'path', 'key', 'le']).not.toContain(label);
    }
  },
);
