/** Whether something was left undone that only a scan finds again. */
export interface MissedWork {
  miss(): void;
  readonly missed: boolean;
  /** Returns `missed`, and resets it. */
  take(): boolean;
}

export function createMissedWork(): MissedWork {
  let missed = false;
  return {
    miss() {
      missed = true;
    },
    get missed() {
      return missed;
    },
    take() {
      const was = missed;
      missed = false;
      return was;
    },
  };
}
