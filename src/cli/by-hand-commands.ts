import type { Command } from './commander.js';
import { BY_HAND_DETAILS, TRASH_DETAILS } from './help.js';
import type { MirrorHands, TargetCommand } from './with-target.js';

// Commander definitions of the commands on a target or a trash. Each loads its code when it runs, as in commands.ts.

type MirrorWork = (
  mirror: string,
  work: (command: MirrorHands) => Promise<number>,
) => Promise<void>;

export function addTrashCommands(program: Command, work: MirrorWork): void {
  const trash = program
    .command('trash')
    .description('list, restore and purge the objects that `deletes: trash` moved to the trash')
    .addHelpText('after', TRASH_DETAILS);
  trash
    .command('ls <mirror> [name...]')
    .description('list the objects in the trash, oldest first')
    .option('--json', 'print one JSON object per line', false)
    .action((mirror: string, names: string[], { json }: { json: boolean }) =>
      work(mirror, async (command) =>
        (await import('./trash.js')).listTrashed(command, names, json),
      ),
    );
  trash
    .command('restore <mirror> [name...]')
    .description('download the last content of each name into the source; never overwrites a file')
    .option('--to <folder>', 'restore into this folder instead')
    .option(
      '--at <time>',
      'restore the state at this time, such as 2026-11-22T17:38:05Z: the first content trashed after it',
    )
    .option('--json', 'print one JSON object per line', false)
    .action(
      (
        mirror: string,
        names: string[],
        { to, at, json }: { to?: string; at?: string; json: boolean },
      ) =>
        work(mirror, async (command) =>
          (await import('./trash.js')).restoreTrashed(command, { names, to, at, json }),
        ),
    );
  trash
    .command('purge <mirror> [name...]')
    .description('delete objects from the trash permanently: by name, by age, or all')
    .option('--older-than <duration>', 'those trashed longer ago, such as 7d')
    .option('--all', 'all objects in the trash', false)
    .action(
      (mirror: string, names: string[], { olderThan, all }: { olderThan?: string; all: boolean }) =>
        work(mirror, async (command) =>
          (await import('./trash.js')).purgeTrashed(command, { names, olderThan, all }),
        ),
    );
}

type Work = (target: string, work: (command: TargetCommand) => Promise<void>) => Promise<void>;

export function addContainerCommands(program: Command, work: Work): void {
  const container = program
    .command('container')
    .description('list, create and remove containers')
    .addHelpText('after', BY_HAND_DETAILS);
  container
    .command('ls <target>')
    .description('list the containers of a target')
    .option('--json', 'print one JSON object per line', false)
    .action((target: string, { json }: { json: boolean }) =>
      work(target, async (command) =>
        (await import('./container.js')).listContainers(command, json),
      ),
    );
  container
    .command('create <target> <container>')
    .description('create a container')
    .action((target: string, name: string) =>
      work(target, async (command) =>
        (await import('./container.js')).createContainer(command, name),
      ),
    );
  container
    .command('rm <target> <container>')
    .description('remove an empty container')
    .action((target: string, name: string) =>
      work(target, async (command) =>
        (await import('./container.js')).removeContainer(command, name),
      ),
    );
  container
    .command('cdn <target> <container>')
    .description('publish a container where the provider supports it, and print its URL')
    .action((target: string, name: string) =>
      work(target, async (command) =>
        (await import('./container.js')).publishContainer(command, name),
      ),
    );
}

export function addObjectCommands(program: Command, work: Work): void {
  const object = program
    .command('object')
    .description('list, download, upload and remove objects')
    .addHelpText('after', BY_HAND_DETAILS);
  object
    .command('ls <target> <container> [prefix]')
    .description('list objects whose names begin with the prefix')
    .option('--json', 'print one JSON object per line', false)
    .action(
      (target: string, name: string, prefix: string | undefined, { json }: { json: boolean }) =>
        work(target, async (command) =>
          (await import('./object.js')).listObjects(command, name, prefix ?? '', json),
        ),
    );
  object
    .command('get <target> <container> <object> [file]')
    .description('download an object and verify it; "-" is stdout')
    .option('-f, --force', 'overwrite an existing file', false)
    .action(
      (
        target: string,
        container: string,
        name: string,
        file: string | undefined,
        { force }: { force: boolean },
      ) =>
        work(target, async (command) =>
          (await import('./object.js')).getObject(command, container, name, file, force),
        ),
    );
  object
    .command('put <target> <container> <file> [object]')
    .description('upload a file and verify it; "-" is stdin')
    .action((target: string, container: string, file: string, name: string | undefined) =>
      work(target, async (command) =>
        (await import('./object.js')).putObject(command, container, file, name),
      ),
    );
  object
    .command('rm <target> <container> <object...>')
    .description('remove objects')
    .action((target: string, container: string, names: string[]) =>
      work(target, async (command) =>
        (await import('./object.js')).removeObjects(command, container, names),
      ),
    );
  object
    .command('url <target> <container> <object>')
    .description('print a URL to download an object from')
    .action((target: string, container: string, name: string) =>
      work(target, async (command) =>
        (await import('./object.js')).printObjectUrl(command, container, name),
      ),
    );
}
