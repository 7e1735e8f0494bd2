/** Requests of an operation wait behind a closed door until the test opens it: so a test decides what is under way, and for how long. */
export interface Doors<Operation> {
  close(operation: Operation): void;
  /** Lets in what comes from now on. What waits goes on waiting. */
  letInLater(operation: Operation): void;
  /** Lets in what waits, and what comes later. */
  open(operation: Operation): void;
  /** Requests that have come to a closed door, those included that were let in since. */
  arrived(operation: Operation): number;
  /** Resolves when the request may go on. */
  pass(operation: Operation): Promise<void>;
}

export function createDoors<Operation>(): Doors<Operation> {
  const closed = new Map<
    Operation,
    { arrived: number; readonly letIn: Promise<void>; open(): void; isOpen: boolean }
  >();
  return {
    close(operation) {
      let open = () => {};
      const letIn = new Promise<void>((resolve) => {
        open = resolve;
      });
      closed.set(operation, { arrived: 0, letIn, open, isOpen: false });
    },
    letInLater(operation) {
      const door = closed.get(operation);
      if (door !== undefined) door.isOpen = true;
    },
    open(operation) {
      const door = closed.get(operation);
      if (door === undefined) return;
      door.isOpen = true;
      door.open();
    },
    arrived: (operation) => closed.get(operation)?.arrived ?? 0,
    async pass(operation) {
      const door = closed.get(operation);
      if (door === undefined) return;
      door.arrived += 1;
      if (!door.isOpen) await door.letIn;
    },
  };
}
