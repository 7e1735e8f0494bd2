/** Pieces of manual pages in the man(7) macros, as groff and mandoc read them. */

/** Plain text: nothing in it is taken for markup, and a hyphen stays one that can be copied. */
export function roffText(text: string): string {
  return (
    text
      .replaceAll('\\', '\\e')
      .replaceAll('-', '\\-')
      // Which encoding a page has is left to a guess.
      .replace(/[^\0-\x7f]/gu, (character) => `\\[u${codeOf(character)}]`)
      .replace(/^[.']/gm, (mark) => `\\&${mark}`)
  );
}

/** Four digits at the least (groff_char(7)). */
function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** `.TH`: the head of a page, whose lines stay ragged: long names would leave gaps. `date` is YYYY-MM-DD. */
export function title(name: string, section: number, date: string, version: string): string {
  return `.TH ${name.toUpperCase()} ${section} "${date}" "longshore ${roffText(version)}" "User Commands"\n.ad l\n`;
}

export function section(name: string, body: string): string {
  return `.SH ${name.toUpperCase()}\n${body}`;
}

export function subsection(name: string, body: string): string {
  return `.SS ${roffText(name)}\n${body}`;
}

export function paragraph(text: string): string {
  return `.PP\n${roffText(text)}\n`;
}

/** A term in bold, and what it means. */
export function term(name: string, meaning: string): string {
  return `.TP\n.B ${roffText(name)}\n${roffText(meaning)}\n`;
}

/** Lines that stay as they are. */
export function verbatim(text: string): string {
  return `.PP\n.nf\n${roffText(text)}\n.fi\n`;
}
