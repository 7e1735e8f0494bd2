/** Texts of `longshore --help`. */

export const SUMMARY =
  'Mirrors directories to object-storage containers, continuously, and can prove that it did.';

export const EXAMPLES = `
Examples:
  longshore init                          ask what to mirror, write longshore.yaml, and try it
  longshore init --source ~/Documents --to /mnt/disk/mirror
  longshore check                         validate it, and print all errors
  longshore --reconcile                   compare everything once, do all the work, then exit
  longshore reconcile photos --dry-run    print what would be done for one mirror
  longshore run                           mirror until stopped (Ctrl-C once: finish running transfers; twice: abort them)
  longshore status --watch                watch the running daemon
  longshore notify test                   send a test message on each channel
  longshore held                          list the deletes and overwrites that wait for a decision
  longshore ls photos 2026/               list what is stored of a folder
  longshore restore photos --to ~/back    download a mirror, each file verified
  longshore verify photos                 compare what is stored with the index, and read a share back
  longshore probe offsite                 test what longshore needs of a target

The configuration is the file that --config names, or the first of ./longshore.yaml,
$XDG_CONFIG_HOME/longshore/longshore.yaml (~/.config/…) and /etc/longshore/longshore.yaml.

Exit codes:
  0  in sync, or done                     3  finished, but some objects failed or were skipped
  1  failed                               4  deletes or overwrites are held: longshore held
  2  wrong usage or configuration         5  --dry-run found work to do, or verify found damage
  6  the target refuses writes: it is full, denies access, was replaced, or its lease cannot be
     renewed                             7  status --exit-code: a mirror is behind its max_lag
  129, 130, 143  stopped by SIGHUP, Ctrl-C or SIGTERM before the end`;

export const ONCE_DETAILS = `
MIRROR is the name of a mirror in the configuration; without any, all are
processed. Results go to stdout: one line per mirror, or with --json one object per line, the
last of each mirror with "event": "summary". Progress and problems go to stderr.

While the daemon runs, it is asked to make the run, and the command does not wait for the end.`;

export const WORKER_DETAILS = `
Takes batches of files from the queue of a daemon, reads them from the same source, and sends them. It
needs the daemon's configuration file, with queue: and mirrors that have workers: true, and no state
folder. Several may run. The daemon alone decides what is sent and deleted. See
docs/several-machines.md.`;

export const EVENTS_DETAILS = `
Each line has an id, the name of the event, and its data: docs/api.json describes them. With --since ID it
begins with what has happened since that event; where that is not kept any more, the first event
is "reset". It goes on until Ctrl-C, or until the daemon ends.`;

export const WHY_DETAILS = `
PATH is a file in the source of a mirror, seen from the current folder, or the name of an object. The
running daemon is asked; without one, the disk and the index say what they can.`;

export const DIAGNOSE_DETAILS = `
The text has no secrets. With --hide-names, names are replaced by hashes, the same for the same name,
and texts that may quote names are hashed whole. Look through it before you send it.`;

export const PAUSE_DETAILS = `
A pause has an end and survives restarts: "longshore status" shows it. Work that runs is finished. A
pause of a target is one of all its mirrors. Reading back and purging the trash wait, too.`;

export const REBUILD_DETAILS = `
Reads the index snapshot in the container, where there is one of this mirror, and takes of it what
the container's listing confirms. Then compares everything, as reconcile does: files are hashed,
and nothing is sent that the container has already. Deletes nothing before that has finished.
Refuses while the daemon runs, and an index that is sound, unless --force sets it aside under a
dated name.`;

export const MIRROR_DETAILS = `
The index is kept below $XDG_STATE_HOME/longshore (~/.local/state/longshore), in a folder for each
pair of FOLDER and PLACE: the next call goes on from there. A configuration is written beside
it, for other commands: longshore --config FILE status.

Keys come from where the AWS tools have them, for Swift from the OS_* variables, for Backblaze B2
from B2_APPLICATION_KEY_ID and B2_APPLICATION_KEY. What a
configuration can say besides (limits, several mirrors, verify): longshore init.`;

export const INIT_DETAILS = `
On a terminal it asks for what --source and --to do not say. It offers the accounts that it finds:
AWS_ACCESS_KEY_ID with AWS_ENDPOINT_URL, MINIO_ROOT_USER with MINIO_ENDPOINT, MC_HOST_*, OS_* and ST_* of
Swift, AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT with a key, a SAS or AZURE_CLIENT_ID,
STORAGE_EMULATOR_HOST, GOOGLE_APPLICATION_CREDENTIALS or what gcloud left, B2_APPLICATION_KEY_ID, and the
profiles in ~/.aws: with keys, a role, single sign-on or credential_process. Their names for --account:
aws, minio, mc:NAME, swift, azure, google, b2, aws:PROFILE. Without it, the first that fits is taken.

No secret is written into the configuration. It names the variable, the file or the AWS profile; for a
configuration below /etc/, which is that of the service, secrets are copied into files beside it, with
its owner and mode, and the target is tried as the user longshore. What is yours alone (a login, a role,
a program) is not offered for the service.

  longshore init /etc/longshore/longshore.yaml --source /srv/data --to s3:backups/nas --create --probe`;

export const IMPORT_DETAILS = `
Remotes of the kinds s3, swift, azureblob, b2, google cloud storage, local and alias become targets;
others are named on stderr. Keys are printed as they stand in the file: write the output to a file
that only you can read.

  (umask 077; longshore import ~/.config/rclone/rclone.conf > targets.yaml)`;

export const RELOAD_DETAILS = `
The daemon carries out all of the file, or nothing of it: a file with an error, and a change that
takes a restart, change nothing. Mirrors whose settings are as before go on undisturbed. What may
delete or replace objects, or leaves them in a container without a mirror (a removed mirror, another
prefix, a new exclude), is printed first, and waits for --apply; the guard holds deletes all the same.

Exits with 2 when the file is wrong, 4 when something waits for --apply. SIGHUP does the same as the
command without --apply, and logs what came of it.`;

export const COMPLETION_DETAILS = `
The Debian package brings these scripts along. Elsewhere:
  bash   longshore completion bash > ~/.local/share/bash-completion/completions/longshore
  fish   longshore completion fish > ~/.config/fish/completions/longshore.fish
  zsh    longshore completion zsh > "\${fpath[1]}/_longshore"`;

export const PROBE_DETAILS = `
Uploads small objects (and one of a few MiB, in parts) below PREFIX/.longshore/probe-RANDOM/ in
the container, which every mirror ignores, and removes them again, even after Ctrl-C. Exits with 0
when all tests pass, 1 when one of the six guarantees fails or no test could run, 3 when only a
capability fails or an object could not be removed.`;

export const BY_HAND_DETAILS = `
TARGET is the name of a target in the configuration.`;

export const TRASH_DETAILS = `
MIRROR is the name of a mirror in the configuration. NAME is a file, or a folder with
all files below it; without any, the command applies to the whole trash, and purge needs --all or
--older-than. Files that are restored into the source are mirrored again. The daemon may run
meanwhile.`;

const PATTERNS = `A pattern has * and ?, which stop at "/", or **, which does not. One without
"/" is for the last part of a name, and one that matches a folder is for all that is below it.`;

export const PATTERN_DETAILS = `
${PATTERNS}`;

export const VERIFY_DETAILS = `
Each object of the listing is compared with the index of this machine, where there is one. Then
a share of the objects is read and compared with the digests of what was sent: those that were
never read back first, then the oldest proof. Without an index, as on another machine, the digests
are those that the provider or the object's metadata have, and the share is chosen by chance.

It changes nothing in the container, needs no source and no lease, and the daemon may run
meanwhile. What is wrong is printed, one object a line. Exits with 5 when something is damaged,
missing or another version than was sent, 3 when something could not be read, and 0 else.
A daemon with "verify" in its configuration does the same by itself, and heals.

--daemon asks the running daemon to read the share back now: it needs no second look at the
target's credentials, keeps to the limits of the target, records the proofs, and heals where the
mirror's "verify" says so. It waits for the end; Ctrl-C ends the reading.

--shard 3/16 reads the third of 16 shards back, all of it by default, on any machine that may list and
read the container: without the state, the source or the lease. The index snapshot in the container says
where shards are cut, so run all of them by the same one. What was read is left in the container, for
the daemon to record; --report FILE writes it to a file instead, where the container may not be
written to: longshore import-report. The same shard twice, or other shards meanwhile, do no harm.`;

export const IMPORT_REPORT_DETAILS = `
A report is of one mirror and of its place; any other is refused. The daemon collects what is there
every ten minutes and after each reconcile: it records what was proven of the versions that it knows,
and reads back itself what a report doubts.`;

export const RESTORE_DETAILS = `
PATH is a file, or a folder with all files below it, or a pattern. ${PATTERNS}

Files that are there already, with the same size and time or the same content, are not loaded
again, so that an interrupted restore goes on where it was. It writes nothing to the container,
and the daemon may run meanwhile.

--shard 3/16 restores the third of 16 shards, which are cut by the index snapshot in the container. Any
number of machines may restore theirs into the same folder at once. When all have ended, run it once
more without --shard: it loads only what has come, or was replaced, since the snapshot was made.

--at needs deletes: trash, or a container that keeps versions: without them only what is there
still, and was stored by then, is restored.

Without a configuration: longshore restore s3:BUCKET/PREFIX --to DIR --profile aws, with keys from
where the AWS tools have them; swift:CONTAINER, with the OS_* variables; google_storage:BUCKET,
with Google's application default credentials; local:PATH. Metadata of rclone, aws and s3cmd are
understood. Exits with 3 when something could not be restored: stderr
lists it with the reasons, and all else is there.`;
