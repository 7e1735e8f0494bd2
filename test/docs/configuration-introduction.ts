/** The beginning of docs/configuration.md. */
export const INTRODUCTION = `# Configuration reference

<!-- Made from the schema by \`npm run docs\`. Change src/config/schema.ts or a driver's settings, not this page. -->

The file is YAML: the one that \`--config\` names, or the first of \`./longshore.yaml\`,
\`$XDG_CONFIG_HOME/longshore/longshore.yaml\` (\`~/.config/...\`) and \`/etc/longshore/longshore.yaml\`. The smallest one:

\`\`\`yaml
state: ./state
targets:
  vault: { driver: local, root: ./vault }
mirrors:
  - { name: documents, source: ./Documents, target: vault, container: documents }
\`\`\`

\`longshore check\` says everything that is wrong with a file at once, with line and column; unknown settings are errors.
[config.example.yaml](../config.example.yaml) is a complete file with comments. \`longshore schema\` prints the JSON Schema
with which editors check and complete it ([config.schema.json](../config.schema.json)).

## How values are written

| value        | written                                                                                                        |
| ------------ | -------------------------------------------------------------------------------------------------------------- |
| a size       | bytes: \`512\`, \`64KiB\`, \`5MiB\`, \`2GB\`. KiB, MiB, GiB, TiB, PiB count by 1,024; kB, MB, GB, TB, PB by 1,000      |
| a duration   | \`500ms\`, \`30s\`, \`5m\`, \`6h\`, \`7d\`, \`2w\`, \`1h30m\`, or \`0\`. A number without a unit is refused                    |
| a rate       | bytes a second: \`2MiB/s\`                                                                                       |
| a percentage | \`20%\`                                                                                                          |
| times        | local time: \`Mon-Fri 08:00-18:00\`, \`Sat,Sun\`, \`22:00-06:00\` (past midnight), or \`otherwise\`                    |
| a path       | absolute, relative to the configuration file, or below your home folder (\`~/x\`)                                |
| a pattern    | the syntax of \`.gitignore\`, in quotes ([filters](filters.md))                                                  |
| a secret     | \`{ env: NAME }\`, \`{ file: PATH }\`, \`{ credential: NAME }\` (systemd), or the text itself, which is best avoided |
`;
