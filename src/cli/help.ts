/** Texts of `longshore --help`. */

export const SUMMARY =
  'Mirrors directories to object-storage containers, continuously, and can prove that it did.';

export const EXAMPLES = `
Examples:
  longshore init                          write a commented longshore.yaml
  longshore init --source ~/Documents --to /mnt/disk/mirror
  longshore check                         say everything that is wrong with it
  longshore --reconcile                   compare everything once, do all the work, exit
  longshore reconcile photos --dry-run    show what would be done for one mirror
  longshore run                           mirror until stopped (Ctrl-C once: finish what runs; twice: drop it)
  longshore status --watch                watch the running daemon
  longshore held                          what waits for a decision: too many deletes at once
  longshore probe offsite                 try whether a target can be relied on

The configuration is the file that --config names, or the first of ./longshore.yaml,
$XDG_CONFIG_HOME/longshore/longshore.yaml (~/.config/…) and /etc/longshore/longshore.yaml.

Exit codes:
  0  in sync, or done                     3  finished, but some objects failed or were left out
  1  failed                               4  deletes or overwrites are held: longshore held
  2  wrong usage or configuration         5  --dry-run found work to do
  6  the target takes nothing: it is full, denies access, or is another one
  129, 130, 143  stopped by SIGHUP, Ctrl-C or SIGTERM before the end`;

export const ONCE_DETAILS = `
MIRROR is the name of a mirror in the configuration; without any, all are done.
Results go to stdout: one line a mirror, or with --json one object a line, the last of
each mirror with "event": "summary". Progress and problems go to stderr.`;

export const PROBE_DETAILS = `
Puts small objects (and one of a few MiB, in parts) below PREFIX/.longshore/probe-RANDOM/ in
the container, which no mirror looks at, and removes them again, even after Ctrl-C. Ends with 0 when all
holds, 1 when one of the six guarantees does not or nothing could be tried, 3 when only a capability
does not or something could not be removed.`;

export const BY_HAND_DETAILS = `
TARGET is the name of a target in the configuration.`;

export const TRASH_DETAILS = `
MIRROR is the name of a mirror in the configuration. NAME is that of a file, or of a folder with
all that is below it; without any, everything is meant, but for purge, which then wants --all or
--older-than. What is restored into the source is mirrored again. The daemon may run meanwhile.`;
