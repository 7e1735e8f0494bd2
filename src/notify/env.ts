/** The variables of sd_notify(3) and sd_watchdog_enabled(3), among others. */
export interface Env {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
  readonly PATH?: string | undefined;
}

/** How often systemd wants to hear from this process, in milliseconds; undefined: not at all, or from another process. */
export function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: Env, pid: number): number | undefined {
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(pid)) return undefined;
  const microseconds = Number(WATCHDOG_USEC);
  return Number.isSafeInteger(microseconds) && microseconds > 0 ? microseconds / 1000 : undefined;
}
