import { mailTemplate } from './mail-template.js';

const statusLink = 'https://partners.example/v1/applications/app_1?token=t';
const toStatus = (facts: { statusLink: string }) => ({ label: 'link', link: facts.statusLink }) as const;

/** Mails about an application, all of them to the applicant. */
export const applicationMails = {
  'application-received': mailTemplate({
    purpose: 'To the applicant: the application has arrived.',
    texts: {
      en: {
        subject: '{program}: we have your application',
        opening:
          'Thank you for applying to {program}. Your application is being reviewed; you will hear from us by mail.',
        link: 'See where your application stands',
      },
      id: {
        subject: '{program}: pendaftaran Anda sudah kami terima',
        opening:
          'Terima kasih telah mendaftar ke {program}. Pendaftaran Anda sedang ditinjau; kami akan mengabari Anda melalui email.',
        link: 'Lihat status pendaftaran Anda',
      },
      ar: {
        subject: '{program}: وصلنا طلبك',
        opening: 'شكرًا لتقدّمك إلى {program}. طلبك قيد المراجعة، وسنوافيك بالنتيجة عبر البريد الإلكتروني.',
        link: 'تابِع حالة طلبك',
      },
    },
    values: () => ({}),
    blocks: (facts: { statusLink: string }) => ['opening', toStatus(facts)],
    examples: [{ statusLink }],
  }),

  'application-approved': mailTemplate({
    purpose: 'To the applicant: approved; the terms come next.',
    texts: {
      en: {
        subject: '{program}: your application is approved',
        opening: 'Welcome: your application to {program} is approved. The next step is to agree on the terms.',
        link: 'See where your application stands',
      },
      id: {
        subject: '{program}: pendaftaran Anda disetujui',
        opening:
          'Selamat datang: pendaftaran Anda ke {program} disetujui. Langkah berikutnya adalah menyepakati ketentuan kerja sama.',
        link: 'Lihat status pendaftaran Anda',
      },
      ar: {
        subject: '{program}: تمت الموافقة على طلبك',
        opening: 'أهلًا بك: تمت الموافقة على طلبك للانضمام إلى {program}. الخطوة التالية هي الاتفاق على الشروط.',
        link: 'تابِع حالة طلبك',
      },
    },
    values: () => ({}),
    blocks: (facts: { statusLink: string }) => ['opening', toStatus(facts)],
    examples: [{ statusLink }],
  }),

  'application-rejected': mailTemplate({
    purpose: 'To the applicant: rejected, and why.',
    texts: {
      en: {
        subject: '{program}: about your application',
        opening: 'Thank you for your interest in {program}. We cannot accept your application.',
        reason: 'The reason: {reason}',
      },
      id: {
        subject: '{program}: tentang pendaftaran Anda',
        opening: 'Terima kasih atas minat Anda pada {program}. Kami tidak dapat menerima pendaftaran Anda.',
        reason: 'Alasannya: {reason}',
      },
      ar: {
        subject: '{program}: بخصوص طلبك',
        opening: 'شكرًا لاهتمامك ببرنامج {program}. يؤسفنا أننا لا نستطيع قبول طلبك.',
        reason: 'السبب: {reason}',
      },
    },
    values: ({ reason }) => ({ reason }),
    blocks: (facts: { reason?: string }) => ['opening', facts.reason !== undefined && 'reason'],
    examples: [{ reason: 'The web site shows no content yet.' }, {}],
  }),

  'application-expired': mailTemplate({
    purpose: 'To the applicant: nobody decided in time.',
    texts: {
      en: {
        subject: '{program}: your application has expired',
        opening:
          'Your application to {program} was not decided in time and has expired. You are welcome to apply again.',
        link: 'See your application',
      },
      id: {
        subject: '{program}: pendaftaran Anda kedaluwarsa',
        opening:
          'Pendaftaran Anda ke {program} tidak diputuskan tepat waktu dan telah kedaluwarsa. Anda dapat mendaftar kembali.',
        link: 'Lihat pendaftaran Anda',
      },
      ar: {
        subject: '{program}: انتهت صلاحية طلبك',
        opening: 'لم يُبتّ في طلبك إلى {program} في الوقت المحدد فانتهت صلاحيته. يسعدنا أن تتقدّم من جديد.',
        link: 'اعرض طلبك',
      },
    },
    values: () => ({}),
    blocks: (facts: { statusLink: string }) => ['opening', toStatus(facts)],
    examples: [{ statusLink }],
  }),
} as const;
