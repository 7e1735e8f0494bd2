/** The script of a fake service: faults that some of the next calls meet. */
export interface ScriptedFaults {
  /** Adds one to four of them. */
  script(random: () => number): void;
  readonly left: number;
  readonly met: number;
}

/** What may go wrong with each operation. */
export type Script<Operation, Fault> = readonly (readonly [Operation, readonly Fault[]])[];

interface Faults<Operation, Fault> {
  next(operation: Operation, fault: Fault): void;
  readonly left: number;
}

export function scriptFaults<Operation, Fault>(
  faults: Faults<Operation, Fault>,
  known: Script<Operation, Fault>,
): ScriptedFaults {
  let scripted = 0;
  const oneOf = <T>(from: readonly T[], random: () => number) =>
    from[Math.floor(random() * from.length)];
  return {
    script(random) {
      for (let count = 1 + Math.floor(random() * 4); count > 0; count -= 1) {
        const [operation, kinds = []] = oneOf(known, random) ?? [];
        const fault = oneOf(kinds, random);
        if (operation === undefined || fault === undefined) continue;
        faults.next(operation, fault);
        scripted += 1;
      }
    },
    get left() {
      return faults.left;
    },
    get met() {
      return scripted - faults.left;
    },
  };
}
