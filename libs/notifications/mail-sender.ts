import { Injectable } from '@nestjs/common';
import { DocumentStore } from '../documents/index.js';
import type { MailRequest } from '../outbox/index.js';
import { CapabilityLinks, publicUrl, Settings } from '../platform/index.js';
import type { ProgramDocument } from '../programs/index.js';
import * as templates from './domain/index.js';
import type { MailAddress, MailAttachment, MailContent } from './domain/index.js';
import { MailFactsReader } from './mail-facts.js';
import { Mailer } from './mailer.js';

interface Letter {
  programId: string;
  program: ProgramDocument;
  request: MailRequest;
  recipient: Required<MailAddress>;
}

interface Composed {
  content: MailContent;
  attachments?: MailAttachment[];
}

const documentTitle = 'the partner agreement';

/** Fills the template that an outbox message names and hands the mail to the mailer. */
@Injectable()
export class MailSender {
  constructor(
    private readonly facts: MailFactsReader,
    private readonly mailer: Mailer,
    private readonly links: CapabilityLinks,
    private readonly documents: DocumentStore,
    private readonly settings: Settings,
  ) {}

  /** Sends one mail. A recipient without an address (erased, or a role that the program names none for) gets nothing. */
  async send(messageId: string, programId: string, request: MailRequest): Promise<void> {
    const recipient = await this.facts.recipient(programId, request.to);
    if (!recipient) return;
    const { document: program } = await this.facts.program(programId);
    const { content, attachments = [] } = await this.compose({ programId, program, request, recipient });
    await this.mailer.send({ id: messageId, to: recipient, ...content, attachments });
  }

  private compose(letter: Letter): Promise<Composed> {
    const { template } = letter.request;
    const family = template.slice(0, template.indexOf('-'));
    if (family === 'application') return this.aboutApplication(letter);
    if (family === 'envelope') return this.aboutEndedEnvelope(letter);
    if (template === 'signature-requested' || template === 'signature-reminder') return this.askForSignature(letter);
    if (family === 'countersignature') return this.askForCountersignature(letter);
    if (template === 'terms-proposed') return this.aboutProposal(letter);
    if (template === 'partner-activated') return this.welcome(letter);
    if (template === 'remittance-advice') return this.aboutPayment(letter);
    throw new Error(`no mail template is named ${template}`);
  }

  private async aboutApplication({ program, request, recipient }: Letter): Promise<Composed> {
    const facts = {
      recipientName: recipient.name,
      programName: program.name,
      statusLink: this.statusLink(request.subjectId),
    };
    if (request.template === 'application-received') return { content: templates.applicationReceivedMail(facts) };
    if (request.template === 'application-approved') return { content: templates.applicationApprovedMail(facts) };
    if (request.template === 'application-expired') return { content: templates.applicationExpiredMail(facts) };
    const reason = (await this.facts.applicationReason(request.subjectId)) ?? 'no reason was given';
    return { content: templates.applicationRejectedMail({ ...facts, reason }) };
  }

  private async aboutProposal({ program, request, recipient }: Letter): Promise<Composed> {
    const number = Number(request.details?.['number']);
    const proposal = await this.facts.proposal(request.subjectId, number);
    const isForPartner = proposal.side === 'company';
    const address = this.api(`/negotiations/${request.subjectId}`);
    return {
      content: templates.termsProposedMail({
        recipientName: recipient.name,
        programName: program.name,
        recipient: isForPartner ? 'partner' : 'company',
        proposedBy: isForPartner ? program.company : (proposal.partner ?? 'the partner'),
        round: number,
        // The partner's right to read comes with its link; the company's people have tokens of their own.
        link: isForPartner ? `${address}?token=${this.links.token('application', proposal.application_id)}` : address,
      }),
    };
  }

  private async askForSignature({ program, request, recipient }: Letter): Promise<Composed> {
    const envelope = await this.facts.envelope(request.subjectId);
    const compose =
      request.template === 'signature-reminder' ? templates.signatureReminderMail : templates.signatureRequestMail;
    return {
      content: compose({
        recipientName: recipient.name,
        programName: program.name,
        documentTitle,
        // Made here and nowhere else: the link reaches the partner's mailbox and no company role.
        signingLink: this.api(`/signing/${this.links.token('signing', envelope.id)}`),
        expiresAt: envelope.expires_at,
        timeZone: program.timeZone,
      }),
    };
  }

  private async askForCountersignature({ program, request, recipient }: Letter): Promise<Composed> {
    const envelope = await this.facts.envelope(request.subjectId);
    return {
      content: templates.countersignatureMail({
        recipientName: recipient.name,
        programName: program.name,
        documentTitle,
        link: this.api(`/envelopes/${envelope.id}`),
        expiresAt: envelope.expires_at,
        timeZone: program.timeZone,
        isReminder: request.template === 'countersignature-reminder',
      }),
    };
  }

  private async aboutEndedEnvelope({ program, request, recipient }: Letter): Promise<Composed> {
    const { reason } = await this.facts.envelope(request.subjectId);
    const outcome = request.template.slice('envelope-'.length) as 'declined' | 'voided' | 'expired';
    const facts = { recipientName: recipient.name, programName: program.name, documentTitle, outcome };
    return { content: templates.envelopeEndedMail({ ...facts, ...(reason === null ? {} : { reason }) }) };
  }

  private async welcome({ programId, program, request, recipient }: Letter): Promise<Composed> {
    const { tier, document_sha256: hash } = await this.facts.activation(request.subjectId);
    const { bytes, mediaType } = await this.documents.get(programId, hash);
    const facts = { recipientName: recipient.name, programName: program.name };
    return {
      content: templates.partnerActivatedMail({ ...facts, ...(tier === null ? {} : { tier }) }),
      attachments: [{ fileName: 'contract.pdf', contentType: mediaType, content: bytes }],
    };
  }

  private async aboutPayment({ programId, program, request, recipient }: Letter): Promise<Composed> {
    const item = await this.facts.payoutItem(request.subjectId);
    const attachments: MailAttachment[] = [];
    if (item.remittance_sha256 !== null) {
      const { bytes, mediaType } = await this.documents.get(programId, item.remittance_sha256);
      attachments.push({ fileName: 'remittance-advice.pdf', contentType: mediaType, content: bytes });
    }
    const content = templates.remittanceAdviceMail({
      recipientName: recipient.name,
      programName: program.name,
      amountMinor: BigInt(item.amount_minor),
      currency: item.currency,
      settledAt: item.state_since,
      timeZone: program.timeZone,
      link: this.api(`/payout-items/${item.id}/remittance-advice`),
    });
    return { content, attachments };
  }

  private statusLink(applicationId: string): string {
    return this.api(`/applications/${applicationId}?token=${this.links.token('application', applicationId)}`);
  }

  private api(path: string): string {
    return `${publicUrl(this.settings.env)}/v1${path}`;
  }
}
