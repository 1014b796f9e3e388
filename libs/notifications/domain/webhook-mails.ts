import { mailTemplate } from './mail-template.js';

/** Where the webhook went (a host, since addresses may hold secrets), why it was switched off, and where it is switched on. */
interface DisabledWebhook {
  host: string;
  because: 'gone' | 'failing';
  link: string;
}

const link = 'https://partners.example/v1/webhooks/whk_1';

/** Mails about the company's own webhooks. */
export const webhookMails = {
  'webhook-disabled': mailTemplate({
    purpose: 'To the admins: a webhook was switched off by itself.',
    texts: {
      en: {
        subject: '{program}: the webhook to {host} was switched off',
        gone: 'The receiver at {host} answered that it is gone (410). Nothing more is sent there.',
        failing: 'Nothing has reached the receiver at {host} for days. Nothing more is sent there.',
        afterwards: 'Once it is back, enable the webhook; what it missed can be sent again from its log.',
        link: 'Open the webhook',
      },
      id: {
        subject: '{program}: webhook ke {host} dimatikan',
        gone: 'Penerima di {host} menjawab bahwa ia sudah tidak ada (410). Tidak ada lagi yang dikirim ke sana.',
        failing:
          'Selama berhari-hari tidak ada yang sampai ke penerima di {host}. Tidak ada lagi yang dikirim ke sana.',
        afterwards:
          'Setelah penerima pulih, aktifkan kembali webhook; yang terlewat dapat dikirim ulang dari catatannya.',
        link: 'Buka webhook',
      },
      ar: {
        subject: '{program}: أُوقف الويب هوك إلى {host}',
        gone: 'أجاب المستقبِل على {host} بأنه لم يعد موجودًا (410). لن يُرسل إليه شيء بعد الآن.',
        failing: 'لم يصل شيء إلى المستقبِل على {host} منذ أيام. لن يُرسل إليه شيء بعد الآن.',
        afterwards: 'عندما يعود للعمل، أعد تفعيل الويب هوك؛ ويمكن إعادة إرسال ما فاته من سجلّه.',
        link: 'افتح الويب هوك',
      },
    },
    values: ({ host }) => ({ host }),
    blocks: (facts: DisabledWebhook) => [facts.because, 'afterwards', { label: 'link', link: facts.link }],
    examples: [
      { host: 'hooks.company.example', because: 'failing', link },
      { host: 'hooks.company.example', because: 'gone', link },
    ],
  }),
} as const;
