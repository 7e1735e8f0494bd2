import { duration } from './amounts.js';
import { oneOf, section, text, unless } from './fields.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Where a mirror's reconciles learn what the container holds. */
export const listingSetting = unless(
  'Where a reconcile learns what the container holds. provider: the provider lists it; or an inventory, for containers of many millions of objects.',
  'provider',
  section('Another source than the listing.', {
    inventory: section(
      'The newest inventory in the form of S3 Inventory. Where it differs from the index, the object itself is looked at.',
      {
        container: text('Container in the same target to which the inventory is delivered.', {
          pattern: /^[^\0-\x1f\x7f]+$/,
          rule: 'the name of a container',
        }),
        prefix: text('Folder in it: the destination prefix of the inventory.', {
          pattern: /^(?!\/)[^\0-\x1f\x7f]*$/,
          rule: 'a folder such as "inventories/", without a leading "/"',
        }).default(''),
        id: text('Name of the inventory configuration.', {
          pattern: /^[^/\0-\x1f\x7f]+$/,
          rule: 'the name of an inventory configuration',
        }),
        max_age: duration('An older inventory is not used.', { min: HOUR }).default(3 * DAY),
        otherwise: oneOf(
          'Without a usable inventory: list the container itself, or fail and try again later.',
          ['list', 'fail'],
        ).default('list'),
      },
    ),
  }),
).default('provider');
