import { dirname, relative, resolve } from 'node:path';
import { bundle } from './rolldown.config.js';

// The program as `npm run test:torture` runs it: with modules in the place of others, that crash, fail and forget on order.

const SOURCE = resolve('dist/src');
const ARMED = resolve('dist/test/torture/armed');
const REPLACED = new Map([
  ['failpoint.js', 'failpoint.js'],
  ['clock.js', 'clock.js'],
  ['drivers/registry/registry.js', 'registry.js'],
  ['watcher/hint-stream.js', 'hint-stream.js'],
]);

const armed = {
  name: 'armed',
  resolveId(source, importer) {
    // What replaces a module may use it.
    if (importer === undefined || !source.startsWith('.') || dirname(importer) === ARMED)
      return null;
    const replacement = REPLACED.get(relative(SOURCE, resolve(dirname(importer), source)));
    return replacement === undefined ? null : resolve(ARMED, replacement);
  },
};

export default bundle('dist/torture', [armed]);
