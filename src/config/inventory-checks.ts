import type { MirrorConfig, TargetConfig } from './config.js';
import type { Complaint } from './fields.js';

interface Placed {
  readonly targets: readonly {
    readonly target: Pick<TargetConfig, 'name' | 'driver'>;
    readonly hasInventories: boolean;
  }[];
  readonly mirrors: readonly { readonly mirror: MirrorConfig; readonly position: number }[];
}

/** Complaints about inventories that a provider does not make, or that would lie among the objects of a mirror. */
export function inventoryProblems({ mirrors, targets }: Placed): Complaint[] {
  return mirrors.flatMap(({ mirror, position }) => {
    const placed = targets.find(({ target }) => target.name === mirror.target);
    if (mirror.inventory === undefined || placed === undefined) return [];
    const path = ['mirrors', position, 'listing', 'inventory'];
    if (!placed.hasInventories)
      return [
        {
          path,
          message: `the provider of target "${placed.target.name}" (driver ${placed.target.driver}) makes no inventories`,
          aboutKey: true,
        },
      ];
    const inside = mirrors.find((other) => holds(other.mirror, mirror));
    return inside === undefined
      ? []
      : [
          {
            path: [...path, 'container'],
            message: `the inventory would lie among the objects of mirror "${inside.mirror.name}", which did not put it there: deliver it to another container or prefix`,
          },
        ];
  });
}

/** Whether the inventory of a mirror is delivered to below the prefix of another one, or its own. */
function holds(other: MirrorConfig, { target, container, inventory }: MirrorConfig): boolean {
  if (inventory === undefined || other.target !== target) return false;
  if (other.container !== inventory.container) return false;
  return `${inventory.prefix}${container}/${inventory.id}/`.startsWith(other.prefix);
}
