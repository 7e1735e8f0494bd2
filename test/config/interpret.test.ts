import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../src/config/interpret.js';
import { stubDrivers } from './stub-drivers.js';

const place = { folder: '/srv', env: {} };
const realPath = (path: string) => path;

/** Data that looks enough like a configuration to get deep into the checks. */
const key = fc.constantFrom(
  'state',
  'log',
  'drain',
  'targets',
  'mirrors',
  'name',
  'source',
  'target',
  'container',
  'prefix',
  'driver',
  'root',
  'key',
  'exclude',
  'x',
);
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    'a',
    'b',
    './a',
    './a/b',
    'local',
    's3',
    '5MiB',
    '1h',
    '',
    '..',
    '/',
    '\0',
    '__proto__',
    null,
    true,
    0,
    -1,
    1e300,
  ),
  fc.string(),
  fc.double(),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
  ),
}));
const mirror = fc.record(
  {
    name: leaf,
    source: leaf,
    target: leaf,
    container: leaf,
    prefix: leaf,
    settle: leaf,
    exclude: fc.array(leaf),
  },
  { requiredKeys: ['name', 'source', 'target', 'container'] },
);
const target = fc.record(
  { driver: fc.constantFrom('local', 's3'), root: leaf, key: tree },
  { requiredKeys: ['driver'] },
);
const likely = fc.record(
  {
    state: leaf,
    targets: fc.dictionary(fc.constantFrom('a', 'b'), target),
    mirrors: fc.array(mirror, { maxLength: 3 }),
  },
  { requiredKeys: ['targets', 'mirrors'] },
);

describe('interpret', () => {
  it('gives a configuration or complaints for whatever is written, and never throws', () => {
    const property = fc.property(fc.oneof(tree, likely), (written) => {
      const { config, complaints } = interpret(written, place, stubDrivers, realPath);
      expect(config === undefined).toBe(complaints !== undefined);
      for (const { message } of complaints ?? []) expect(message).toMatch(/\S/);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('P4: no two mirrors of an accepted configuration write to one place, none inside another', () => {
    const prefix = fc
      .array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 3 })
      .map((parts) => parts.join('/'));
    const root = fc.constantFrom('/t', '/t/a', '/t/a/b', '/u');
    const places = fc.array(fc.record({ root, container: fc.constantFrom('a', 'b'), prefix }), {
      minLength: 1,
      maxLength: 3,
    });
    let accepted = 0;
    const property = fc.property(places, (all) => {
      const written = {
        targets: Object.fromEntries(
          all.map((one, i) => [`t${i}`, { driver: 'local', root: one.root }]),
        ),
        mirrors: all.map(({ container, prefix }, i) => ({
          name: `m${i}`,
          source: `/s/${i}`,
          target: `t${i}`,
          container,
          prefix,
        })),
      };
      const paths = all.map(({ root, container, prefix }) =>
        `${root}/${container}/${prefix}/`.replace(/\/+$/, '/'),
      );
      const apart = paths.every((one, i) =>
        paths.every((other, j) => i === j || !one.startsWith(other)),
      );
      if (apart) accepted += 1;
      const { config } = interpret(written, { ...place, folder: '/x' }, stubDrivers, realPath);
      expect(config !== undefined).toBe(apart);
    });
    fc.assert(property, { numRuns: 300 });
    expect(accepted).toBeGreaterThan(30);
  });
});
