/** Where the inventory of a mirror's container is, and how far it is used. */
export interface InventoryRule {
  /** The container that it is delivered to, in the same target. */
  readonly container: string;
  /** The folder in it: empty, or ends in `/`. */
  readonly prefix: string;
  /** Name of the inventory's configuration at the provider. */
  readonly id: string;
  /** An older inventory is not used; milliseconds. */
  readonly maxAgeMs: number;
  /** What a reconcile does without a usable inventory: it lists the container itself, or fails. */
  readonly otherwise: 'list' | 'fail';
}
