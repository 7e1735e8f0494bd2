import type { EventEmitter } from 'node:events';
import type { Command } from './commander.js';

/** A command as its definition has it, for what is generated from the definitions: completions and manual pages. */
export interface CommandTree {
  /** With those above it: `['longshore', 'trash', 'ls']`. */
  readonly words: readonly string[];
  readonly description: string;
  readonly arguments: readonly CommandArgument[];
  readonly options: readonly CommandOption[];
  /** What its help says below the options; empty: nothing. */
  readonly details: string;
  readonly commands: readonly CommandTree[];
}

export interface CommandArgument {
  readonly name: string;
  readonly description: string;
  readonly isRequired: boolean;
  /** The last one, which takes all the words that are left. */
  readonly isVariadic: boolean;
}

export interface CommandOption {
  /** Such as `-n, --dry-run` and `--plan <file>`. */
  readonly flags: string;
  /** Such as `['-n', '--dry-run']`. */
  readonly names: readonly string[];
  /** Such as `file`; undefined: it takes no value. */
  readonly value: string | undefined;
  readonly description: string;
  /** As text; undefined: none, or none that says anything. */
  readonly defaultValue: string | undefined;
}

/** The command and all below it, without those that help does not list. */
export function commandTree(command: Command, above: readonly string[] = []): CommandTree {
  const words = [...above, command.name()];
  const help = command.createHelp();
  return {
    words,
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
      isRequired: argument.required,
      isVariadic: argument.variadic,
    })),
    options: help.visibleOptions(command).map((option) => ({
      flags: option.flags,
      names: [option.short, option.long].filter((name) => name !== undefined),
      value: /[<[]([^>\]]+?)(\.\.\.)?[>\]]/.exec(option.flags)?.[1],
      description: option.description,
      defaultValue: typeof option.defaultValue === 'string' ? option.defaultValue : undefined,
    })),
    details: textAfterHelp(command),
    commands: help
      .visibleCommands(command)
      .filter((each) => each.name() !== 'help')
      .map((each) => commandTree(each, words)),
  };
}

/** Commander keeps what `addHelpText` was given in listeners, and has no other way to it. */
function textAfterHelp(command: Command): string {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  // It is one, which its types leave out.
  (command as unknown as EventEmitter).emit('afterHelp', { error: false, command, write });
  return text.trim();
}
