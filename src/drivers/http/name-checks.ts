import type { ObjectRef } from '../call.js';
import {
  ContainerDoesNotExistError,
  InvalidContainerNameError,
  InvalidObjectNameError,
  ObjectDoesNotExistError,
} from '../errors.js';

/** A provider's rules for names. */
export interface NameRules {
  readonly driver: string;
  /** Why no object may be put under this name; undefined: it may. */
  keyProblem(key: string): string | undefined;
  /** Whether an object of this name can exist. A request about another name would be about another object, or a container. */
  isPossibleKey(key: string): boolean;
  /** Why no container of this name may be created; undefined: it may. */
  newContainerProblem(name: string): string | undefined;
  /** Whether a container of this name can exist. A name that could be part of a path cannot. */
  isContainerName(name: string): boolean;
  /** Why a name stands for something that cannot be used as a container, of whatever form; undefined, or missing: it does not. */
  unusableContainer?(name: string): string | undefined;
}

/** Refuses impossible names before a request is sent: a missing one where it is read, an invalid one where it is created. */
export interface NameChecks {
  checkKey(key: string): void;
  checkNewContainer(name: string): void;
  /**
   * Throws ContainerDoesNotExistError for a name that no container can have, InvalidContainerNameError for one of something that
   * cannot be used as a container.
   */
  checkContainer(name: string): void;
  /** The same for both names of an object, with ObjectDoesNotExistError for its own. */
  refuseImpossible(ref: ObjectRef): void;
}

export function nameChecks(rules: NameRules): NameChecks {
  const context = { driver: rules.driver };
  const refuseUnusable = (name: string): void => {
    const problem = rules.unusableContainer?.(name);
    if (problem !== undefined) throw new InvalidContainerNameError(name, problem, context);
  };
  const checkContainer = (name: string): void => {
    refuseUnusable(name);
    if (!rules.isContainerName(name)) throw new ContainerDoesNotExistError(name, context);
  };
  return {
    checkContainer,
    checkKey(key) {
      const problem = rules.keyProblem(key);
      if (problem !== undefined) throw new InvalidObjectNameError(key, problem, context);
    },
    checkNewContainer(name) {
      refuseUnusable(name);
      const problem = rules.newContainerProblem(name);
      if (problem !== undefined) throw new InvalidContainerNameError(name, problem, context);
    },
    refuseImpossible({ container, key }) {
      checkContainer(container);
      if (!rules.isPossibleKey(key)) throw new ObjectDoesNotExistError(key, context);
    },
  };
}
