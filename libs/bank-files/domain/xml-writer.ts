/** An element to be written: text, or elements in their order. Undefined ones are left out. */
export type XmlContent = string | readonly (XmlElement | undefined)[];

export interface XmlElement {
  name: string;
  attributes: Readonly<Record<string, string>>;
  content: XmlContent;
}

export function element(
  name: string,
  content: XmlContent,
  attributes: Readonly<Record<string, string>> = {},
): XmlElement {
  return { name, attributes, content };
}

/** A document in UTF-8, one element a line. */
export function writeXml(root: XmlElement): Uint8Array {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>'];
  writeElement(root, '', lines);
  return Buffer.from(`${lines.join('\n')}\n`);
}

function writeElement({ name, attributes, content }: XmlElement, indent: string, lines: string[]): void {
  const said = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  const start = `${indent}<${name}${said.join('')}>`;
  if (typeof content === 'string') {
    lines.push(`${start}${escapeXml(content)}</${name}>`);
    return;
  }
  lines.push(start);
  for (const child of content) if (child) writeElement(child, `${indent} `, lines);
  lines.push(`${indent}</${name}>`);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
