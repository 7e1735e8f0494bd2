import type { CommandArgument, CommandOption, CommandTree } from './command-tree.js';

/** What may stand at a place of a command line. */
export interface Completion {
  /** With descriptions; an empty description: the word says it all. */
  readonly candidates: readonly Candidate[];
  /** What the shell itself completes there, besides. */
  readonly paths: 'none' | 'files' | 'folders';
}

export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** The names that a configuration gives to things; asked for only where one of them may stand. */
export interface KnownNames {
  mirrors(): Promise<readonly string[]>;
  targets(): Promise<readonly string[]>;
}

const NOTHING: Completion = { candidates: [], paths: 'none' };
const FILES: Completion = { candidates: [], paths: 'files' };
const FOLDERS: Completion = { candidates: [], paths: 'folders' };
const SHELLS = ['bash', 'fish', 'zsh'];

/**
 * What completes the last of `words`, which is the beginning of a word and may be empty; those before it are whole, the first
 * of them follows the program's own name. Only what begins with the last word is returned.
 */
export async function complete(
  program: CommandTree,
  words: readonly string[],
  names: KnownNames,
): Promise<Completion> {
  const begun = words.at(-1) ?? '';
  const { command, given, open } = placeIn(program, words.slice(0, -1));
  const found = await completionAt(program, command, { begun, given, open }, names);
  return { ...found, candidates: found.candidates.filter(({ word }) => word.startsWith(begun)) };
}

interface Place {
  readonly command: CommandTree;
  /** How many arguments of the command stand before. */
  readonly given: number;
  /** The option whose value comes next. */
  readonly open: CommandOption | undefined;
}

/** Which command the whole words lead to, and what it waits for. */
function placeIn(program: CommandTree, words: readonly string[]): Place {
  let command = program;
  let given = 0;
  let open: CommandOption | undefined;
  for (const word of words) {
    if (open !== undefined) {
      open = undefined;
    } else if (word.startsWith('-')) {
      const option = optionsOf(program, command).find(({ names }) => names.includes(word));
      open = option?.value === undefined || isOptional(option) ? undefined : option;
    } else {
      const below = command.commands.find(({ words: path }) => path.at(-1) === word);
      if (below === undefined) given += 1;
      else command = below;
    }
  }
  return { command, given, open };
}

async function completionAt(
  program: CommandTree,
  command: CommandTree,
  { begun, given, open }: Omit<Place, 'command'> & { readonly begun: string },
  names: KnownNames,
): Promise<Completion> {
  if (open !== undefined) return forValue(open.value ?? '', names);
  if (begun.startsWith('-')) {
    const candidates = optionsOf(program, command).flatMap(({ names: flags, description }) =>
      flags.filter((flag) => flag.startsWith('--')).map((word) => ({ word, description })),
    );
    return { candidates, paths: 'none' };
  }
  if (command.commands.length > 0)
    return {
      candidates: command.commands.map(({ words, description }) => ({
        word: words.at(-1) ?? '',
        description,
      })),
      paths: 'none',
    };
  const argument = argumentAt(command.arguments, given);
  return argument === undefined ? NOTHING : forValue(argument.name, names);
}

function argumentAt(
  list: readonly CommandArgument[],
  position: number,
): CommandArgument | undefined {
  const last = list.at(-1);
  return list[position] ?? (last?.isVariadic ? last : undefined);
}

/** By the name that the definition gives to an argument or to an option's value. */
async function forValue(name: string, names: KnownNames): Promise<Completion> {
  switch (name) {
    case 'mirror':
      return { candidates: plain(await names.mirrors()), paths: 'none' };
    case 'target':
      return { candidates: plain(await names.targets()), paths: 'none' };
    case 'shell':
      return { candidates: plain(SHELLS), paths: 'none' };
    case 'file':
      return FILES;
    case 'folder':
      return FOLDERS;
    default:
      return NOTHING;
  }
}

const plain = (words: readonly string[]): readonly Candidate[] =>
  words.map((word) => ({ word, description: '' }));

/** Those of the program hold for each command. */
function optionsOf(program: CommandTree, command: CommandTree): readonly CommandOption[] {
  return command === program ? program.options : [...command.options, ...program.options];
}

function isOptional({ flags }: CommandOption): boolean {
  return flags.includes('[');
}
