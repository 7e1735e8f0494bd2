import { compareNames } from '../../utf8-order.js';
import { InvalidObjectNameError } from '../errors.js';
import { failureOf, type Ground } from './ground.js';
import { spelled, type Trial } from './trial.js';

/** Their order as UTF-8 bytes differs from that of a dictionary, of UTF-16 units, and of folders before files. */
const NAMES = [
  'B',
  'a',
  'a b',
  'a-b',
  'a.b',
  'a0',
  'é',
  'z',
  '～',
  '😀',
  'folder-b',
  'folder/a',
  'folder/b',
  'folder0',
];
const PAGE = 2;

/** G3: more pages than one, and a prefix. */
export const listedOnce: Trial = {
  id: 'G3',
  title: 'a listing has each name once, in the order of UTF-8 bytes, across pages',
  meaning:
    'A reconcile compares sorted streams: with names missing or out of order it would send objects again, or not see what is extraneous.',
  async run(ground) {
    const stored: string[] = [];
    for (const name of NAMES) {
      const failure = await failureOf(ground, ground.put(name, name));
      if (failure === undefined) stored.push(name);
      else if (!(failure instanceof InvalidObjectNameError)) throw failure;
    }
    return {
      problems: [
        ...unlike('the listing', await inPages(ground, ''), stored, ground),
        ...unlike(
          'the listing of names that begin with "folder/"',
          await inPages(ground, 'folder/'),
          stored.filter((name) => name.startsWith('folder/')),
          ground,
        ),
      ],
    };
  },
};

async function inPages(
  { backend, container, prefix, call }: Ground,
  under: string,
): Promise<string[]> {
  const names: string[] = [];
  let after: string | undefined;
  do {
    const page = await backend.listObjects(
      container,
      prefix + under,
      { size: PAGE, ...(after !== undefined && { after }) },
      call,
    );
    names.push(...page.items.map(({ key }) => key.slice(prefix.length)));
    if (page.next !== undefined && page.next === after)
      throw new Error('the listing does not advance: the same token came twice');
    // A listing that starts over again and again must not run without end.
    if (names.length > 3 * NAMES.length)
      throw new Error(
        `the listing does not end: ${names.length} entries for ${NAMES.length} objects`,
      );
    after = page.next;
  } while (after !== undefined);
  return names;
}

function unlike(
  what: string,
  listed: readonly string[],
  stored: readonly string[],
  { backend }: Ground,
): string[] {
  const all = (names: Iterable<string>) => [...names].map(spelled).join(', ');
  const missing = stored.filter((name) => !listed.includes(name));
  const strange = listed.filter((name) => !stored.includes(name));
  const twice = new Set(listed.filter((name, at) => listed.indexOf(name) !== at));
  const problems: string[] = [];
  if (missing.length > 0) problems.push(`${what} lacks ${all(missing)}`);
  if (strange.length > 0) problems.push(`${what} has ${all(strange)}, which were not put there`);
  if (twice.size > 0) problems.push(`${what} has more than once: ${all(twice)}`);
  const at = listed.findIndex((name, i) => i > 0 && compareNames(listed[i - 1] ?? '', name) > 0);
  if (at > 0 && backend.capabilities.listingOrder === 'utf8')
    problems.push(
      `${what} has ${spelled(listed[at - 1] ?? '')} before ${spelled(listed[at] ?? '')}`,
    );
  return problems;
}
