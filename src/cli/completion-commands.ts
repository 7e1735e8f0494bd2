import { commandTree } from './command-tree.js';
import type { Command } from './commander.js';
import type { CommandContext } from './commands.js';
import { COMPLETION_DETAILS } from './help.js';

/** `completion`, and what its scripts ask. Each loads its code when it runs, as in commands.ts. */
export function addCompletionCommands(program: Command, { io, done }: CommandContext): void {
  program
    .command('completion')
    .description('print the script that lets a shell complete command lines with the Tab key')
    .argument('<shell>', 'bash, fish or zsh')
    .addHelpText('after', COMPLETION_DETAILS)
    .action(async (shell: string) => {
      const { printCompletion } = await import('./completion.js');
      done(await printCompletion(shell, io));
    });
  program
    .command('__complete', { hidden: true })
    .argument('[word...]')
    .action(async (words: string[]) => {
      const { printCandidates } = await import('./completion.js');
      done(await printCandidates(commandTree(program), words, io));
    });
}
