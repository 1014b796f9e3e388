export * from './domain/index.js';
export { ContractCalendar, type CalendarRequest } from './contract-calendar.service.js';
export { ContractTrackingModule } from './contract-tracking.module.js';
export { renderDossier } from './dossier-pdf.js';
export { Dossiers, type Dossier } from './dossiers.service.js';
export { EnvelopeStatisticsService, type StatisticsAnswer } from './envelope-statistics.service.js';
export { ExpectedWorkflows } from './expected-workflows.service.js';
export type { PartnerTrail } from './partner-trail.js';
export { PartnerTrails } from './partner-trail.service.js';
