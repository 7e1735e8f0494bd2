import type { Command } from './commander.js';
import { createContainer, listContainers, publishContainer, removeContainer } from './container.js';
import { BY_HAND_DETAILS, TRASH_DETAILS } from './help.js';
import { getObject, listObjects, printObjectUrl, putObject, removeObjects } from './object.js';
import { listTrashed, purgeTrashed, restoreTrashed } from './trash.js';
import type { MirrorHands, TargetCommand } from './with-target.js';

// The commands that work on a target or a trash by hand: arguments and options become calls.

type MirrorWork = (
  mirror: string,
  work: (command: MirrorHands) => Promise<number>,
) => Promise<void>;

export function addTrashCommands(program: Command, work: MirrorWork): void {
  const trash = program
    .command('trash')
    .description('list, restore and purge what `deletes: trash` has kept')
    .addHelpText('after', TRASH_DETAILS);
  trash
    .command('ls <mirror> [name...]')
    .description('list what is in the trash, the oldest first')
    .option('--json', 'print one JSON object a line', false)
    .action((mirror: string, names: string[], { json }: { json: boolean }) =>
      work(mirror, (command) => listTrashed(command, names, json)),
    );
  trash
    .command('restore <mirror> [name...]')
    .description('download the last content of each name into the source; never overwrites a file')
    .option('--to <folder>', 'into another folder')
    .option(
      '--at <time>',
      'as they were at a time, such as 2026-11-22T17:38:05Z: what was thrown away first after it',
    )
    .option('--json', 'print one JSON object a line', false)
    .action(
      (
        mirror: string,
        names: string[],
        { to, at, json }: { to?: string; at?: string; json: boolean },
      ) => work(mirror, (command) => restoreTrashed(command, { names, to, at, json })),
    );
  trash
    .command('purge <mirror> [name...]')
    .description('delete for good what is named, or is old enough, or all')
    .option('--older-than <duration>', 'what was thrown away longer ago, such as 7d')
    .option('--all', 'everything in the trash', false)
    .action(
      (mirror: string, names: string[], { olderThan, all }: { olderThan?: string; all: boolean }) =>
        work(mirror, (command) => purgeTrashed(command, { names, olderThan, all })),
    );
}

type Work = (target: string, work: (command: TargetCommand) => Promise<void>) => Promise<void>;

export function addContainerCommands(program: Command, work: Work): void {
  const container = program
    .command('container')
    .description('list, make and remove containers by hand')
    .addHelpText('after', BY_HAND_DETAILS);
  container
    .command('ls <target>')
    .description('list the containers of a target')
    .option('--json', 'print one JSON object a line', false)
    .action((target: string, { json }: { json: boolean }) =>
      work(target, (command) => listContainers(command, json)),
    );
  container
    .command('create <target> <container>')
    .description('make a container')
    .action((target: string, name: string) =>
      work(target, (command) => createContainer(command, name)),
    );
  container
    .command('rm <target> <container>')
    .description('remove an empty container')
    .action((target: string, name: string) =>
      work(target, (command) => removeContainer(command, name)),
    );
  container
    .command('cdn <target> <container>')
    .description('publish a container, where the provider can, and print its address')
    .action((target: string, name: string) =>
      work(target, (command) => publishContainer(command, name)),
    );
}

export function addObjectCommands(program: Command, work: Work): void {
  const object = program
    .command('object')
    .description('list, fetch, store and remove objects by hand')
    .addHelpText('after', BY_HAND_DETAILS);
  object
    .command('ls <target> <container> [prefix]')
    .description('list objects whose names begin with the prefix')
    .option('--json', 'print one JSON object a line', false)
    .action(
      (target: string, name: string, prefix: string | undefined, { json }: { json: boolean }) =>
        work(target, (command) => listObjects(command, name, prefix ?? '', json)),
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
      ) => work(target, (command) => getObject(command, container, name, file, force)),
    );
  object
    .command('put <target> <container> <file> [object]')
    .description('upload a file and verify it; "-" is stdin')
    .action((target: string, container: string, file: string, name: string | undefined) =>
      work(target, (command) => putObject(command, container, file, name)),
    );
  object
    .command('rm <target> <container> <object...>')
    .description('remove objects')
    .action((target: string, container: string, names: string[]) =>
      work(target, (command) => removeObjects(command, container, names)),
    );
  object
    .command('url <target> <container> <object>')
    .description('print an address to fetch an object from')
    .action((target: string, container: string, name: string) =>
      work(target, (command) => printObjectUrl(command, container, name)),
    );
}
