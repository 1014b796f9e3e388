import type { ContractInput } from './contract-pdf.js';
import { contractClauses, contractSpeech, listMark, withoutTurns, type Clause } from './domain/index.js';

/** A paragraph, or the items of a list. */
export type ContractParagraph = string | { items: string[] };

export interface ContractPart {
  /** `2` for a section, `2.1` for a clause in it. */
  number: string;
  heading: string;
  paragraphs: ContractParagraph[];
}

export interface ContractSection extends ContractPart {
  clauses: ContractPart[];
}

/** What a contract's PDF says, as a tree of headings and paragraphs: for a page that is read on any screen. */
export interface ContractText {
  title: string;
  subtitle: string;
  sections: ContractSection[];
}

/** The text of the contract that `renderContract` makes of the same input. */
export function contractText(input: ContractInput): ContractText {
  const { terms, language = 'en', style = {} } = input;
  const { programName: program, company, partner } = withoutTurns(input);
  const speech = contractSpeech(terms, language, style);
  return {
    title: speech.say('document.title', {}),
    subtitle: speech.say('document.subtitle', { program, company, partner: partner.name }),
    sections: sectionsOf(contractClauses(terms, input, language, style)),
  };
}

/** Clauses under their sections, in reading order. */
export function sectionsOf(clauses: readonly Clause[]): ContractSection[] {
  const sections: ContractSection[] = [];
  for (const { number, heading, text } of clauses) {
    const part = { number, heading, paragraphs: paragraphsOf(text) };
    const section = sections.at(-1);
    if (section && number.startsWith(`${section.number}.`)) section.clauses.push(part);
    else sections.push({ ...part, clauses: [] });
  }
  return sections;
}

/** Every line is a paragraph of its own; items that follow each other make one list. */
function paragraphsOf(text: string): ContractParagraph[] {
  const paragraphs: ContractParagraph[] = [];
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const last = paragraphs.at(-1);
    if (!line.startsWith(listMark)) paragraphs.push(line);
    else if (typeof last === 'object') last.items.push(line.slice(listMark.length));
    else paragraphs.push({ items: [line.slice(listMark.length)] });
  }
  return paragraphs;
}
