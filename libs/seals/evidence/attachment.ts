/** The name of the attachment of an evidence certificate that holds the evidence for programs. */
export const evidenceAttachment = 'evidence.json';
