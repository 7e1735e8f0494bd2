/** The parts of a configuration with one mirror, `documents`. */
export interface ConfigParts {
  readonly state: string;
  /** Further lines at the top. */
  readonly top?: string;
  readonly targetName: string;
  /** The target's settings as YAML on one line. */
  readonly target: string;
  readonly source: string;
  readonly container: string;
  /** Further lines of the mirror, indented by four, and further mirrors. */
  readonly mirror: string;
}

/** The text of a configuration file. Its mirror settles in 20 ms. */
export function configText(parts: ConfigParts): string {
  const { state, top = '', targetName, target, source, container, mirror } = parts;
  return `state: ${state}
${top}targets:
  ${targetName}: ${target}
mirrors:
  - name: documents
    source: ${source}
    target: ${targetName}
    container: ${container}
    settle: 20ms
${mirror}`;
}
