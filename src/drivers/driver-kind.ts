import type { Clock } from '../clock.js';
import type { ConfigContext, Schema } from '../config/fields.js';
import type { HeaderAndClassRule } from '../config/header-rules.js';
import type { Backend } from './backend.js';
import type { Call } from './call.js';
import type { NameRules } from './capabilities.js';
import type { Notice } from './notice.js';

/** What a driver takes from outside. */
export interface DriverWorld {
  readonly clock: Clock;
  /** Receives warnings about conditions that stop nothing, such as a wrong clock. Default: they are dropped. */
  readonly notice?: Notice;
  /** The result of `detect`, from an earlier start or from now. */
  readonly detected?: string;
}

/** A kind of storage that a target can name: what may be written about it, and how it is opened. One line in registry.ts each. */
export interface DriverKind<S = unknown> {
  /** Lower case; what a configuration calls it. */
  readonly name: string;
  /** Other names for the same, such as Libcloud's. Lower case. */
  readonly aliases: readonly string[];
  /** One line for help texts and editors. */
  readonly summary: string;
  settings(context: ConfigContext): Schema<S>;
  /**
   * Asks the provider for what the settings leave open, such as whose S3 it is, unless `world.detected` has the answer
   * already. What it resolves with is to be kept and given to `open`; undefined when nothing is open, or nothing could
   * be found out.
   */
  detect?(settings: S, world: DriverWorld, call: Call): Promise<string | undefined>;
  /** Starts what the first call will need and takes time to start, such as a thread. Reaches nothing and changes nothing. */
  prepare?(): void;
  /** Loads the code of the driver. Reaches nothing: the first call does. Rejects when the settings cannot work together. */
  open(settings: S, world: DriverWorld): Promise<Backend>;
  /**
   * Where a target keeps its objects, as text without secrets: settings that lead to the same objects should give the same
   * text, and others must give another.
   */
  where?(settings: S): string;
  /** What a mirror's rules may say of the objects of a target. Missing: nothing. */
  objectHeaders?(settings: S): readonly (keyof HeaderAndClassRule)[];
  /** The provider can make lists of a container's objects in the form of S3 Inventory. Missing: it cannot. */
  readonly hasInventories?: true;
  /** Why a mirror cannot be at this place, as far as names alone tell; undefined: it can. */
  placeProblem?(place: NamedPlace, settings: S): PlaceProblem | undefined;
  /** The local folders that hold a target's objects, if any, as absolute paths: containers are folders in them. */
  folders?(settings: S): readonly string[];
  /** Why a target seems never to have held a mirror, found without a request; undefined: it does not seem so, or cannot be known. */
  blank?(settings: S, place: NamedPlace): string | undefined;
  /**
   * Whether only processes of this running system can reach what lies at a place, as on a disk of this machine. False where
   * others can, or may be able to. Missing: others can.
   */
  reachedOnlyHere?(settings: S, place: NamedPlace): boolean;
}

export interface NamedPlace {
  readonly container: string;
  /** Empty, or a folder with its `/`. */
  readonly prefix: string;
}

export interface PlaceProblem {
  readonly field: keyof NamedPlace;
  readonly problem: string;
  /** The name is refused only when such a container is to be created: one of old may be there. */
  readonly onlyNew: boolean;
}

/** What a driver's rules say of a place. `isPossible`: whether a container of this name may be there at all. */
export function placeProblemBy(
  { newContainerProblem, keyProblem }: NameRules,
  isPossible: (container: string) => boolean,
): (place: NamedPlace) => PlaceProblem | undefined {
  return ({ container, prefix }) => {
    const problem = newContainerProblem(container);
    if (problem !== undefined)
      return { field: 'container', problem, onlyNew: isPossible(container) };
    const keys = prefix === '' ? undefined : keyProblem(`${prefix}x`);
    return keys === undefined ? undefined : { field: 'prefix', problem: keys, onlyNew: false };
  };
}
