export type Env = Readonly<Record<string, string | undefined>>;

/** Of the first socket that systemd passes to a service: `SD_LISTEN_FDS_START` of sd_listen_fds(3). */
const FIRST = 3;

/** The descriptor of the socket that systemd listens on for this process; undefined where it passes none. */
export function activatedSocket({ LISTEN_PID, LISTEN_FDS }: Env, pid: number): number | undefined {
  return LISTEN_PID === String(pid) && Number(LISTEN_FDS) >= 1 ? FIRST : undefined;
}
