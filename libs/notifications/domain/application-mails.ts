import { mailTemplate } from './mail-template.js';

const statusLink = 'https://partners.example/v1/applications/app_1?token=t';
const link = 'https://partners.example/v1/link/t';
const dueAt = new Date('2026-03-14T09:30:00Z');
const toLink = (facts: { link: string }) => ({ label: 'link', link: facts.link }) as const;
const toStatus = (facts: { statusLink: string }) => ({ label: 'link', link: facts.statusLink }) as const;

/** Mails about an application: to the applicant, to people who vouch for it, and to the company's roles. */
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

  'application-verification': mailTemplate({
    purpose: 'To the applicant: prove that the address is yours, and the review begins.',
    texts: {
      en: {
        subject: '{program}: please confirm your mail address',
        opening:
          'You applied to {program} with this address. Please confirm that it is yours: then your application is looked at.',
        link: 'Confirm my address',
        until: 'The link works until {until}. If it was not you who applied, do nothing.',
      },
      id: {
        subject: '{program}: mohon konfirmasi alamat email Anda',
        opening:
          'Anda mendaftar ke {program} dengan alamat ini. Mohon konfirmasi bahwa alamat ini milik Anda: setelah itu pendaftaran Anda kami tinjau.',
        link: 'Konfirmasi alamat saya',
        until: 'Tautan ini berlaku sampai {until}. Jika bukan Anda yang mendaftar, abaikan saja.',
      },
      ar: {
        subject: '{program}: يرجى تأكيد بريدك الإلكتروني',
        opening: 'تقدّمت إلى {program} بهذا العنوان. يرجى تأكيد أنه لك، ثم ننظر في طلبك.',
        link: 'أكّد عنواني',
        until: 'يعمل الرابط حتى {until}. إن لم تكن أنت من تقدّم فلا تفعل شيئًا.',
      },
    },
    values: ({ until, timeZone }, wording) => ({ until: wording.instant(until, timeZone) }),
    blocks: (facts: { link: string; until: Date; timeZone: string }) => ['opening', toLink(facts), 'until'],
    examples: [{ link, until: dueAt, timeZone: 'Etc/UTC' }],
  }),

  'application-information-requested': mailTemplate({
    purpose: 'To the applicant: the company asks something and waits for the answer.',
    texts: {
      en: {
        subject: '{program}: a question about your application',
        opening: 'We looked at your application to {program} and have a question: {question}',
        link: 'See the question and your application',
        until: 'Please answer until {until}.',
      },
      id: {
        subject: '{program}: pertanyaan tentang pendaftaran Anda',
        opening: 'Kami telah melihat pendaftaran Anda ke {program} dan punya pertanyaan: {question}',
        link: 'Lihat pertanyaan dan pendaftaran Anda',
        until: 'Mohon jawab sampai {until}.',
      },
      ar: {
        subject: '{program}: سؤال عن طلبك',
        opening: 'نظرنا في طلبك إلى {program} ولدينا سؤال: {question}',
        link: 'اعرض السؤال وطلبك',
        until: 'يرجى الإجابة حتى {until}.',
      },
    },
    values: ({ question, until, timeZone }, wording) => ({ question, until: wording.instant(until, timeZone) }),
    blocks: (facts: { question: string; link: string; until: Date; timeZone: string }) => [
      'opening',
      toLink(facts),
      'until',
    ],
    examples: [{ question: 'How many people read your newsletter?', link, until: dueAt, timeZone: 'Etc/UTC' }],
  }),

  'application-information-answered': mailTemplate({
    purpose: "To the company: the applicant has answered, the reviewer's time goes on.",
    texts: {
      en: {
        subject: '{program}: an applicant has answered',
        opening: 'The applicant has answered question {round}. The review of the application goes on.',
        link: 'Open the review',
      },
      id: {
        subject: '{program}: seorang pendaftar telah menjawab',
        opening: 'Pendaftar telah menjawab pertanyaan {round}. Peninjauan pendaftaran berlanjut.',
        link: 'Buka peninjauan',
      },
      ar: {
        subject: '{program}: أجاب أحد المتقدمين',
        opening: 'أجاب المتقدّم عن السؤال {round}. تستمر مراجعة الطلب.',
        link: 'افتح المراجعة',
      },
    },
    values: ({ round }) => ({ round: String(round) }),
    blocks: (facts: { round: number; link: string }) => ['opening', toLink(facts)],
    examples: [{ round: 2, link }],
  }),

  'application-reference': mailTemplate({
    purpose: 'To somebody whom the applicant named as a reference: a link to a form that takes one answer.',
    texts: {
      en: {
        subject: '{program}: {applicant} named you as a reference',
        opening:
          '{applicant} applied to {program}, the partner program of {company}, and named you as somebody who knows the work. A few questions wait for you.',
        link: 'Answer the questions',
        until: 'The link takes one answer, until {until}.',
      },
      id: {
        subject: '{program}: {applicant} menyebut Anda sebagai referensi',
        opening:
          '{applicant} mendaftar ke {program}, program mitra {company}, dan menyebut Anda sebagai orang yang mengenal pekerjaannya. Ada beberapa pertanyaan untuk Anda.',
        link: 'Jawab pertanyaan',
        until: 'Tautan ini menerima satu jawaban, sampai {until}.',
      },
      ar: {
        subject: '{program}: ذكرك {applicant} مرجعًا',
        opening:
          'تقدّم {applicant} إلى {program}، برنامج شركاء {company}، وذكرك بوصفك ممن يعرفون عمله. لدينا بضعة أسئلة لك.',
        link: 'أجب عن الأسئلة',
        until: 'يقبل الرابط إجابة واحدة حتى {until}.',
      },
    },
    values: ({ applicant, company, until, timeZone }, wording) => ({
      applicant,
      company,
      until: wording.instant(until, timeZone),
    }),
    blocks: (facts: { applicant: string; company: string; link: string; until: Date; timeZone: string }) => [
      'opening',
      toLink(facts),
      'until',
    ],
    examples: [{ applicant: 'Dewi Lestari', company: 'Northwind', link, until: dueAt, timeZone: 'Etc/UTC' }],
  }),

  'application-review-reminder': mailTemplate({
    purpose: 'To the company: an application still waits for a decision.',
    texts: {
      en: {
        subject: '{program}: an application waits for a decision',
        opening: 'An application waits for a decision. This is reminder {number}.',
        link: 'Open the review',
        until: 'What nobody decides expires on {until}.',
      },
      id: {
        subject: '{program}: sebuah pendaftaran menunggu keputusan',
        opening: 'Sebuah pendaftaran menunggu keputusan. Ini pengingat ke-{number}.',
        link: 'Buka peninjauan',
        until: 'Yang tidak diputuskan akan kedaluwarsa pada {until}.',
      },
      ar: {
        subject: '{program}: طلب ينتظر القرار',
        opening: 'هناك طلب ينتظر القرار. هذا هو التذكير رقم {number}.',
        link: 'افتح المراجعة',
        until: 'ما لا يُبتّ فيه تنتهي صلاحيته في {until}.',
      },
    },
    values: ({ number, until, timeZone }, wording) => ({
      number: String(number),
      until: wording.instant(until, timeZone),
    }),
    blocks: (facts: { number: number; link: string; until: Date; timeZone: string }) => [
      'opening',
      toLink(facts),
      'until',
    ],
    examples: [{ number: 2, link, until: dueAt, timeZone: 'Etc/UTC' }],
  }),

  'application-review-escalated': mailTemplate({
    purpose: 'To the role that a program escalates to: the deadline of a decision is near.',
    texts: {
      en: {
        subject: '{program}: an application is about to expire undecided',
        opening: 'Nobody has decided on an application yet, and its deadline is near.',
        link: 'Open the review',
        until: 'It expires on {until}.',
      },
      id: {
        subject: '{program}: sebuah pendaftaran hampir kedaluwarsa tanpa keputusan',
        opening: 'Belum ada yang memutuskan sebuah pendaftaran, dan tenggatnya sudah dekat.',
        link: 'Buka peninjauan',
        until: 'Pendaftaran itu kedaluwarsa pada {until}.',
      },
      ar: {
        subject: '{program}: طلب يوشك أن تنتهي صلاحيته بلا قرار',
        opening: 'لم يبتّ أحد بعد في طلب، وموعده النهائي قريب.',
        link: 'افتح المراجعة',
        until: 'تنتهي صلاحيته في {until}.',
      },
    },
    values: ({ until, timeZone }, wording) => ({ until: wording.instant(until, timeZone) }),
    blocks: (facts: { link: string; until: Date; timeZone: string }) => ['opening', toLink(facts), 'until'],
    examples: [{ link, until: dueAt, timeZone: 'Etc/UTC' }],
  }),
} as const;
