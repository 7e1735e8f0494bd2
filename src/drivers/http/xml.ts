import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element without attributes: its text, or its children by name. */
export type XmlNode = string | XmlElement;
export interface XmlElement {
  readonly [name: string]: XmlNode | readonly XmlNode[] | undefined;
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: {
    enabled: true,
    maxTotalExpansions: Number.MAX_SAFE_INTEGER,
    maxExpandedLength: Number.MAX_SAFE_INTEGER,
  },
  numberParseOptions: { hex: false, leadingZeros: false },
});
const builder = new XMLBuilder({ format: false });

export interface XmlDocument {
  /** Name of the root element. */
  readonly root: string;
  readonly element: XmlElement;
}

/** Undefined when the text is no whole XML document: cut short, or an HTML page of some proxy. */
export function parseXml(text: string): XmlDocument | undefined {
  if (XMLValidator.validate(text) !== true) return undefined;
  let document: XmlElement;
  try {
    document = parser.parse(text) as XmlElement;
  } catch {
    return undefined;
  }
  const root = Object.keys(document).find((name) => !name.startsWith('?'));
  if (root === undefined) return undefined;
  const element = document[root];
  return {
    root,
    element: typeof element === 'object' && !Array.isArray(element) ? (element as XmlElement) : {},
  };
}

/** The name of the root element, from the beginning of the text alone; undefined when it does not begin as XML does. */
export function rootOf(text: string): string | undefined {
  return /^\s*(?:<\?xml[^>]*\?>\s*)?<(?:[\w.-]+:)?([\w.-]+)[\s/>]/.exec(text)?.[1];
}

/** The root element of an answer; one without children when it is no document. */
export function elementOf(body: Buffer): XmlElement {
  return parseXml(body.toString('utf8'))?.element ?? {};
}

/** The text of a child; undefined when there is none of that name. */
export function textOf(element: XmlElement, name: string): string | undefined {
  const value = element[name];
  return typeof value === 'string' ? value : undefined;
}

/** The children of a name, however many there are. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  const value = element[name];
  if (value === undefined) return [];
  const list = Array.isArray(value) ? (value as readonly XmlNode[]) : [value as XmlNode];
  return list.filter((each): each is XmlElement => typeof each === 'object');
}

/** The children of some names in the order of the document, which `parseXml` loses between names. */
export function orderedChildren(
  text: string,
  names: readonly string[],
): {
  readonly element: XmlElement;
  readonly entries: readonly { readonly name: string; readonly element: XmlElement }[];
} {
  const element = parseXml(text)?.element ?? {};
  const waiting = new Map(names.map((name) => [name, [...childrenOf(element, name)]]));
  const entries = [...text.matchAll(new RegExp(`<(${names.join('|')})>`, 'g'))].flatMap(
    ([, name = '']) => {
      const next = waiting.get(name)?.shift();
      return next === undefined ? [] : [{ name, element: next }];
    },
  );
  return { element, entries };
}

/**
 * A request body; `namespace`: of its elements, where the provider wants one. Texts are escaped, carriage returns and line ends
 * included, which a parser would otherwise change.
 */
export function buildXml(root: string, element: XmlElement, namespace?: string): Buffer {
  const inner: string = builder.build(element);
  const escaped = inner
    .replaceAll('\r', '&#13;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#9;');
  const attribute = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return Buffer.from(`<${root}${attribute}>${escaped}</${root}>`, 'utf8');
}

/** Whether XML 1.0 can hold the text at all, and every parser gives it back as it was. */
export function survivesXml(text: string): boolean {
  return !/[\x00-\x1f\x7f-\x9f\u2028\ufffe\uffff]/.test(text) && text.trim() === text;
}
