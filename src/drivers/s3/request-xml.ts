import { buildXml, type XmlElement } from '../http/xml.js';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** The body of a request, as buildXml makes it. */
export function requestXml(root: string, element: XmlElement): Buffer {
  return buildXml(root, element, NAMESPACE);
}
