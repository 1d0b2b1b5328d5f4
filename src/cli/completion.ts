import type { Commands } from './command.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const NAME = 'palingenesis';
const GLOBAL = ['json', 'url', 'config', 'help'];

/** First words that are no options, where a command has such. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  completion: SHELLS,
  config: ['show', 'validate'],
  service: ['install', 'uninstall', 'status'],
  token: ['control', 'read'],
};

/** A script for the shell that completes the commands, their options and their first words. */
export function completionFor(shell: Shell, commands: Commands): string {
  const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
  return scripts[shell](commands);
}

function optionsOf(name: string, commands: Commands): string[] {
  const command = commands.get(name);
  const shared = command?.standsAlone === true ? ['help'] : GLOBAL;
  return [...Object.keys(command?.options ?? {}), ...shared].map((option) => `--${option}`);
}

function wordsOf(name: string, commands: Commands): string {
  return [...(ACTIONS[name] ?? []), ...optionsOf(name, commands)].join(' ');
}

function bashScript(commands: Commands): string {
  const cases = [...commands.keys()].map((name) => `    ${name}) words="${wordsOf(name, commands)}" ;;`);
  return `# eval "$(${NAME} completion bash)"
_${NAME}() {
  local words=""
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${[...commands.keys()].join(' ')} --help --version"; fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${NAME} ${NAME}
`;
}

function zshScript(commands: Commands): string {
  const names = [...commands].map(
    ([name, { summary }]) => `    '${name}:${inQuotes(summary).replaceAll(':', '\\:')}'`,
  );
  const cases = [...commands.keys()].map((name) => `    ${name}) compadd -- ${wordsOf(name, commands)} ;;`);
  return `#compdef ${NAME}
# eval "$(${NAME} completion zsh)"
_${NAME}() {
  local -a names=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command names; return; fi
  case "$words[2]" in
${cases.join('\n')}
  esac
  _files
}
compdef _${NAME} ${NAME}
`;
}

function fishScript(commands: Commands): string {
  const lines = [...commands].flatMap(([name, { summary }]) => [
    `complete -c ${NAME} -n __fish_use_subcommand -a ${name} -d '${inQuotes(summary)}'`,
    ...(ACTIONS[name] ?? []).map(
      (word) => `complete -c ${NAME} -n '__fish_seen_subcommand_from ${name}' -a ${word}`,
    ),
    ...optionsOf(name, commands).map(
      (option) => `complete -c ${NAME} -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`,
    ),
  ]);
  return `# ${NAME} completion fish | source\n${lines.join('\n')}\n`;
}

/** Inside single quotes, as all three read them. */
function inQuotes(text: string): string {
  return text.replaceAll("'", '’');
}
