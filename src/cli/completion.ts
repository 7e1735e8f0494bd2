import type { Config } from '../config/config.js';
import { didYouMean } from '../config/suggest.js';
import { escapeUnprintable } from '../printable.js';
import type { CommandTree } from './command-tree.js';
import { type Completion, complete, type KnownNames } from './complete.js';
import { EXIT, UsageError } from './exit.js';
import type { Io } from './io.js';
import { openConfig } from './open-config.js';
import { openOutput } from './output.js';

/*
 * Each script asks the program itself at each Tab: `longshore __complete -- WORDS...` prints one candidate a line, and its
 * description after a space; a line `:files` or `:folders` has the shell complete those.
 */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# bash completion for longshore
_longshore() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) mapfile -t COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"); compopt -o filenames 2>/dev/null ;;
      :folders) mapfile -t COMPREPLY < <(compgen -d -- "\${COMP_WORDS[COMP_CWORD]}"); compopt -o filenames 2>/dev/null ;;
      *) COMPREPLY+=("\${line%% *}") ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _longshore longshore
`,
  zsh: `#compdef longshore
_longshore() {
  local line
  local -a found
  while IFS= read -r line; do
    case $line in
      :files) _files ;;
      :folders) _files -/ ;;
      *) found+=("\${\${line//:/\\\\:}/ /:}") ;;
    esac
  done < <("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe longshore found; fi
}
if [ "$funcstack[1]" = _longshore ]; then _longshore "$@"; else compdef _longshore longshore; fi
`,
  fish: `# fish completion for longshore
function __longshore_complete
  set -l given (commandline -opc)
  for line in ($given[1] __complete -- $given[2..-1] (commandline -ct) 2>/dev/null)
    switch $line
      case :files
        __fish_complete_path (commandline -ct)
      case :folders
        __fish_complete_directories (commandline -ct)
      case '*'
        string replace ' ' \\t -- $line
    end
  end
end
complete -c longshore -f -a '(__longshore_complete)'
`,
};

/** The script that teaches a shell to complete longshore's command lines. @throws UsageError for a shell that has none */
export function completionScript(shell: string): string {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script !== undefined) return script;
  const known = Object.keys(SCRIPTS);
  throw new UsageError(
    `no completion for ${JSON.stringify(shell)}${didYouMean(shell, known)}\nshells: ${known.join(', ')}`,
  );
}

/** `longshore completion SHELL`. */
export async function printCompletion(shell: string, io: Io): Promise<number> {
  const script = completionScript(shell);
  const output = openOutput(io.stdout);
  output.lines(script.trimEnd());
  await output.finish();
  return EXIT.OK;
}

/** `longshore __complete -- WORDS...`, for the scripts. A configuration that cannot be read has no names. */
export async function printCandidates(
  program: CommandTree,
  words: readonly string[],
  io: Io,
): Promise<number> {
  const found = await complete(program, words, namesIn(configIn(words), io));
  const output = openOutput(io.stdout);
  for (const line of linesOf(found)) output.line(line);
  await output.finish();
  return EXIT.OK;
}

/** A word that would break the lines is left to be typed. */
function linesOf({ candidates, paths }: Completion): readonly string[] {
  return [
    ...candidates
      .filter(({ word }) => word === escapeUnprintable(word) && !word.includes(' '))
      .map(({ word, description }) => `${word} ${description}`.trimEnd()),
    ...(paths === 'none' ? [] : [`:${paths}`]),
  ];
}

/** The configuration that the command line names. */
function configIn(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === '-c' || word === '--config');
  return at < 0 ? undefined : words[at + 1];
}

function namesIn(file: string | undefined, io: Io): KnownNames {
  const read = async (): Promise<Pick<Config, 'mirrors' | 'targets'>> => {
    try {
      return await openConfig(io, file);
    } catch {
      return { mirrors: [], targets: [] };
    }
  };
  return {
    mirrors: async () => (await read()).mirrors.map(({ name }) => name),
    targets: async () => (await read()).targets.map(({ name }) => name),
  };
}
