import { englishInstant, englishWording } from '../../documents/domain/index.js';
import { composeMail, type MailContent } from './mail-content.js';

/** What every mail of a program knows: who is addressed and which program it is about. */
export interface MailFacts {
  recipientName: string;
  programName: string;
}

function greeting(facts: MailFacts): string {
  return `Hello ${facts.recipientName},`;
}

function closing(facts: MailFacts): string {
  return `${facts.programName}`;
}

/** To the applicant: the application has arrived, and where its progress can be seen. */
export function applicationReceivedMail(facts: MailFacts & { statusLink: string }): MailContent {
  return composeMail(`${facts.programName}: we have your application`, [
    greeting(facts),
    `Thank you for applying to ${facts.programName}. Your application is being reviewed; you will hear from us by mail.`,
    { label: 'See where your application stands', link: facts.statusLink },
    closing(facts),
  ]);
}

/** To the applicant: approved; the terms come next. */
export function applicationApprovedMail(facts: MailFacts & { statusLink: string }): MailContent {
  return composeMail(`${facts.programName}: your application is approved`, [
    greeting(facts),
    `Welcome: your application to ${facts.programName} is approved. The next step is to agree on the terms.`,
    { label: 'See where your application stands', link: facts.statusLink },
    closing(facts),
  ]);
}

/** To the applicant: rejected, and why. */
export function applicationRejectedMail(facts: MailFacts & { reason: string }): MailContent {
  return composeMail(`${facts.programName}: about your application`, [
    greeting(facts),
    `Thank you for your interest in ${facts.programName}. We cannot accept your application.`,
    `The reason: ${facts.reason}`,
    closing(facts),
  ]);
}

/** To either side: the other one has proposed terms. `proposedBy` is the other side's name; rounds count from 1. */
export function termsProposedMail(
  facts: MailFacts & { recipient: 'partner' | 'company'; proposedBy: string; round: number; link: string },
): MailContent {
  const answer =
    facts.recipient === 'partner'
      ? 'Read them, then accept them or propose your own.'
      : 'Review them, then accept them or answer with a proposal.';
  return composeMail(`${facts.programName}: ${facts.proposedBy} has proposed terms`, [
    greeting(facts),
    `${facts.proposedBy} has proposed terms for ${facts.programName} (version ${facts.round}). ${answer}`,
    { label: 'Open the terms', link: facts.link },
    closing(facts),
  ]);
}

/** A request to sign, and what a reminder repeats of it. */
export interface SignatureMailFacts extends MailFacts {
  documentTitle: string;
  signingLink: string;
  expiresAt: Date;
  /** The IANA zone in which the expiry is told. */
  timeZone: string;
}

/** To a signer: the contract is ready. The link is personal: whoever has it can sign. */
export function signatureRequestMail(facts: SignatureMailFacts): MailContent {
  return composeMail(`${facts.programName}: please sign ${facts.documentTitle}`, [
    greeting(facts),
    `${facts.documentTitle} is ready for your signature.`,
    { label: 'Read and sign', link: facts.signingLink },
    `You can sign until ${englishInstant(facts.expiresAt, facts.timeZone)}. The link is yours alone: do not pass it on.`,
    closing(facts),
  ]);
}

/** To a signer who has not signed yet. */
export function signatureReminderMail(facts: SignatureMailFacts): MailContent {
  return composeMail(`${facts.programName}: reminder to sign ${facts.documentTitle}`, [
    greeting(facts),
    `${facts.documentTitle} still waits for your signature.`,
    { label: 'Read and sign', link: facts.signingLink },
    `The request expires on ${englishInstant(facts.expiresAt, facts.timeZone)}.`,
    closing(facts),
  ]);
}

/** To either side: the envelope has ended without a contract. */
export function envelopeEndedMail(
  facts: MailFacts & { documentTitle: string; outcome: 'declined' | 'voided' | 'expired'; reason?: string },
): MailContent {
  const what = {
    declined: `The signature of ${facts.documentTitle} was declined.`,
    voided: `${facts.documentTitle} was taken back before it was fully signed.`,
    expired: `The time to sign ${facts.documentTitle} has passed.`,
  }[facts.outcome];
  return composeMail(`${facts.programName}: ${facts.documentTitle} was not signed (${facts.outcome})`, [
    greeting(facts),
    `${what} It is not in force, and links to it no longer work.`,
    ...(facts.reason === undefined ? [] : [`The reason: ${facts.reason}`]),
    closing(facts),
  ]);
}

/** To either side: both have signed. */
export function contractExecutedMail(facts: MailFacts & { documentTitle: string; documentLink: string }): MailContent {
  return composeMail(`${facts.programName}: ${facts.documentTitle} is signed by both sides`, [
    greeting(facts),
    `${facts.documentTitle} is signed by both sides and in force. Keep your copy.`,
    { label: 'Open the signed contract', link: facts.documentLink },
    closing(facts),
  ]);
}

/** To the partner: active, in this tier where the terms have tiers. */
export function partnerActivatedMail(facts: MailFacts & { tier?: string }): MailContent {
  const tier = facts.tier === undefined ? '' : ` Your tier is ${facts.tier}.`;
  return composeMail(`${facts.programName}: you are active`, [
    greeting(facts),
    `Your partnership in ${facts.programName} is active: what you bring from now on counts.${tier}`,
    closing(facts),
  ]);
}

/** To the partner: a payment is settled and its advice can be read. `amountMinor` is in minor units of `currency`. */
export function remittanceAdviceMail(
  facts: MailFacts & { amountMinor: bigint; currency: string; settledAt: Date; timeZone: string; link: string },
): MailContent {
  const wording = englishWording(facts.currency, facts.timeZone);
  const amount = wording.money(facts.amountMinor);
  return composeMail(`${facts.programName}: ${amount} paid`, [
    greeting(facts),
    `We have paid you ${amount}, settled on ${wording.instant(facts.settledAt)}. The remittance advice lists what it is made of, line by line.`,
    { label: 'Open the remittance advice', link: facts.link },
    closing(facts),
  ]);
}

/** To the applicant: nobody decided in time. */
export function applicationExpiredMail(facts: MailFacts & { statusLink: string }): MailContent {
  return composeMail(`${facts.programName}: your application has expired`, [
    greeting(facts),
    `Your application to ${facts.programName} was not decided in time and has expired. You are welcome to apply again.`,
    { label: 'See your application', link: facts.statusLink },
    closing(facts),
  ]);
}

/** To the company: the partner has signed, the countersignature is missing. */
export function countersignatureMail(
  facts: MailFacts & { documentTitle: string; link: string; expiresAt: Date; timeZone: string; isReminder: boolean },
): MailContent {
  const subject = `${facts.programName}: ${facts.isReminder ? 'reminder to countersign' : 'please countersign'} ${facts.documentTitle}`;
  return composeMail(subject, [
    greeting(facts),
    `The partner has signed ${facts.documentTitle}. It takes effect once it is countersigned.`,
    { label: 'Open the envelope', link: facts.link },
    `The envelope expires on ${englishInstant(facts.expiresAt, facts.timeZone)}.`,
    closing(facts),
  ]);
}
