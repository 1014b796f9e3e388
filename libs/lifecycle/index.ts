export { AgreementCalendar } from './agreement-calendar.service.js';
export { AgreementVersions } from './agreement-versions.service.js';
export { LifecycleModule } from './lifecycle.module.js';
export { Renewals, type Origin, type RenewalConsent } from './renewals.service.js';
export { Terminations, type NoticeWithdrawal, type TerminationNotice } from './terminations.service.js';
