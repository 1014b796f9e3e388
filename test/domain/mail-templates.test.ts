import {
  applicationApprovedMail,
  applicationReceivedMail,
  applicationRejectedMail,
  contractExecutedMail,
  envelopeEndedMail,
  partnerActivatedMail,
  remittanceAdviceMail,
  signatureReminderMail,
  signatureRequestMail,
  termsProposedMail,
  type MailContent,
} from '../../libs/notifications/domain/index.js';

const facts = { recipientName: 'Ada & "Bo" <b>', programName: 'Crescent Records Partners' };
const link = 'https://pactline.example/x?a=1&b=2';
const expiresAt = new Date('2026-03-31T22:00:00Z');
const signing = {
  ...facts,
  documentTitle: 'Partner agreement',
  signingLink: link,
  expiresAt,
  timeZone: 'Europe/Berlin',
};
const expiry = '1 April 2026, 00:00 (Europe/Berlin, UTC+02:00)';

/** Every mail with what it must tell beside the names. */
const mails: [string, MailContent, string[]][] = [
  ['application received', applicationReceivedMail({ ...facts, statusLink: link }), [link]],
  ['application approved', applicationApprovedMail({ ...facts, statusLink: link }), [link, 'approved']],
  ['application rejected', applicationRejectedMail({ ...facts, reason: 'No web site.' }), ['No web site.']],
  [
    'terms proposed to the partner',
    termsProposedMail({ ...facts, recipient: 'partner', proposedBy: 'Crescent Records Ltd.', round: 3, link }),
    [link, 'Crescent Records Ltd.', 'version 3'],
  ],
  [
    'terms proposed to the company',
    termsProposedMail({ ...facts, recipient: 'company', proposedBy: 'Ada Perry', round: 2, link }),
    [link, 'Ada Perry', 'Review them'],
  ],
  ['signature request', signatureRequestMail(signing), [link, expiry]],
  ['signature reminder', signatureReminderMail(signing), [link, expiry]],
  ...(['declined', 'voided', 'expired'] as const).map((outcome): [string, MailContent, string[]] => [
    `envelope ${outcome}`,
    envelopeEndedMail({ ...facts, documentTitle: 'Partner agreement', outcome, reason: 'Wrong rate.' }),
    ['Partner agreement', 'Wrong rate.'],
  ]),
  [
    'contract executed',
    contractExecutedMail({ ...facts, documentTitle: 'Partner agreement', documentLink: link }),
    [link],
  ],
  ['activation with a tier', partnerActivatedMail({ ...facts, tier: 'bronze' }), ['bronze']],
  [
    'remittance advice',
    remittanceAdviceMail({
      ...facts,
      amountMinor: 123456n,
      currency: 'USD',
      settledAt: expiresAt,
      timeZone: 'Etc/UTC',
      link,
    }),
    [link, 'USD 1,234.56', '31 March 2026, 22:00 (UTC)'],
  ],
];

describe('mail templates', () => {
  it.each(mails)('%s tells its facts in both forms, escaped in HTML', (_name, content, told) => {
    for (const fact of [facts.recipientName, facts.programName, ...told]) expect(content.text).toContain(fact);
    const escaped = (text: string) =>
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
    for (const fact of [facts.recipientName, ...told]) expect(content.html).toContain(escaped(fact));
    expect(content.html).not.toContain('<b>');
    expect(content.subject).toContain('Crescent Records Partners');
  });

  it('have subjects that tell them apart', () => {
    const subjects = mails.filter(([name]) => !name.startsWith('terms')).map(([, { subject }]) => subject);
    expect(new Set(subjects).size).toBe(subjects.length);
  });

  it.each(['javascript:alert(1)', 'ftp://a.example', 'not a link', 'https://a.example/\nx'])(
    'refuse the link %j',
    (statusLink) => {
      expect(() => applicationReceivedMail({ ...facts, statusLink })).toThrow(RangeError);
    },
  );
});
