import type { VerificationReport } from '../../libs/seals/index.js';

/** What was asked for, as far as the text speaks of it. */
export interface Asked {
  contract: string;
  evidence?: string | undefined;
}

/** A report in words: what the file is, each thing that is wrong, and the verdict in the last line. */
export function describeReport(report: VerificationReport, { contract, evidence }: Asked): string {
  const lines = [
    `${contract}`,
    ...versionLines(report),
    ...report.seals.flatMap(sealLines),
    ...report.timestamps.map(({ at, authority }) => `  Time-stamp  ${at}, by ${authority.subject}`),
    ...termsLines(report),
    ...evidenceLines(report, evidence),
    ...report.findings.map(({ code, message }) => `  REFUSED     ${message} [${code}]`),
    report.valid ? verdict(evidence) : `NOT VALID: ${counted(report.findings.length)}.`,
  ];
  return `${lines.join('\n')}\n`;
}

function versionLines({ documents }: VerificationReport): string[] {
  return Object.entries(documents).map(([version, hash]) => `  ${version.toUpperCase().padEnd(11)} ${hash}`);
}

function sealLines({
  field,
  name,
  certificate,
  claimedAt,
  coversWholeFile,
  coversRevision,
}: VerificationReport['seals'][number]): string[] {
  const extent = coversWholeFile ? 'the whole file' : coversRevision ? 'its revision' : 'not all of its revision';
  const when = claimedAt === undefined ? '' : `, at ${claimedAt} by its own word`;
  return [
    `  Seal        ${field}: ${name ?? 'nobody'}${when}; covers ${extent}`,
    ...(certificate ? [`              certificate of ${certificate.subject}, SHA-256 ${certificate.sha256}`] : []),
  ];
}

function termsLines({ termsHash: { printed, attached } }: VerificationReport): string[] {
  if (printed !== undefined && printed === attached)
    return [`  Terms       ${printed}, printed on every page and attached`];
  return [
    ...(printed === undefined ? [] : [`  Terms       ${printed} as printed`]),
    ...(attached === undefined ? [] : [`  Terms       ${attached} as attached`]),
  ];
}

function evidenceLines({ evidence }: VerificationReport, file: string | undefined): string[] {
  if (file === undefined) return ['  Evidence    not given: nothing was compared with it'];
  if (!evidence) return [];
  return [`  Evidence    envelope ${evidence.envelopeId}, ${evidence.head.number} events up to ${evidence.head.hash}`];
}

function verdict(evidence: string | undefined): string {
  return evidence === undefined
    ? 'VALID: both seals hold to the end of the file, and the printed terms are the attached ones.'
    : 'VALID: both seals hold to the end of the file, the printed terms are the attached ones, and all agrees with the evidence.';
}

function counted(findings: number): string {
  return findings === 1 ? '1 thing does not hold' : `${findings} things do not hold`;
}
