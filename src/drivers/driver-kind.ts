import type { Clock } from '../clock.js';
import type { Place, Schema } from '../config/fields.js';
import type { Backend } from './backend.js';

/** A kind of storage that a target can name: what may be written about it, and how it is opened. One line in registry.ts each. */
export interface DriverKind<S = unknown> {
  /** Lower case; what a configuration calls it. */
  readonly name: string;
  /** Other names for the same, such as Libcloud's. Lower case. */
  readonly aliases: readonly string[];
  /** One line for help texts and editors. */
  readonly summary: string;
  settings(place: Place): Schema<S>;
  /** Reaches nothing: the first call does. Throws when the settings cannot work together. */
  open(settings: S, world: { readonly clock: Clock }): Backend;
  /** The local folders that hold a target's objects, if any, as absolute paths: containers are folders in them. */
  folders?(settings: S): readonly string[];
}
